/*
 * email_key.c: canonical e-mail addresses.
 */
#include "core/jorge.h"

#include "identity/idn.h"
#include "identity/keys.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

/* Mailboxes that many people read, or nobody */
static const char *const shared_mailboxes[] = {
	"info", "sales", "office", "admin", "administrator", "contact", "contactus", "support", "hello", "team", "leads",
	"billing", "accounts", "marketing", "service", "help", "reception", "frontdesk", "webmaster", "root",
	"noreply", "no-reply", "no.reply", "no_reply", "donotreply", "do-not-reply", "postmaster", "mailer-daemon", "bounce",
	"test", "none", "noemail", "no-email", "nomail", "nobody", "unknown", "null", "na", "asdf",
};

/* Portals' relays: one address a conversation, not a person's. Matched with their subdomains. */
static const char *const relay_domains[] = {
	"convo.zillow.com", "mail.zillow.com", "email.realtor.com", "e.mail.realtor.com", "realtorpro.io", "followupboss.com",
	"facebookmail.com", "proxymail.facebook.com", "craigslist.org",
};

/* Providers that deliver name+tag to name. Not Yahoo: its tag follows "-", which names hold too. */
static const char *const tag_domains[] = {
	"outlook.com", "hotmail.com", "live.com", "msn.com", "fastmail.com", "fastmail.fm", "icloud.com", "me.com", "mac.com",
	"proton.me", "protonmail.com", "pm.me",
};

JORGE_FUNCTION(jorge_email_key);

/*
 * Is the domain, or a parent of it, in the list?
 */
static bool
in_domains(const char *domain, const char *const *list, int n, bool with_subdomains)
{
	size_t length = strlen(domain);

	for (int i = 0; i < n; i++)
	{
		size_t entry = strlen(list[i]);

		if (strcmp(domain, list[i]) == 0)
			return true;
		if (with_subdomains && length > entry && domain[length - entry - 1] == '.' &&
			strcmp(domain + length - entry, list[i]) == 0)
			return true;
	}
	return false;
}

/*
 * Copy the address out of "Name <a@b>", "mailto:a@b" and white space, in lower case
 */
static bool
bare_address(const char *p, int length, char address[EMAIL_KEY_SIZE])
{
	const char *end = p + length;
	const char *open = memchr(p, '<', length);
	int n = 0;

	if (open != NULL)
	{
		p = open + 1;
		end = memchr(p, '>', end - p);
		if (end == NULL)
			return false;
	}
	while (p < end && isspace((unsigned char) *p))
		p++;
	while (end > p && (isspace((unsigned char) end[-1]) || end[-1] == '.'))
		end--;
	if (end - p > 7 && pg_strncasecmp(p, "mailto:", 7) == 0)
		p += 7;
	if (end - p >= EMAIL_KEY_SIZE)
		return false;
	for (; p < end; p++)
	{
		/* ASCII only: bytes of other letters are kept as they are */
		char c = *p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p;

		if (isspace((unsigned char) c) || iscntrl((unsigned char) c))
			return false;
		address[n++] = c;
	}
	address[n] = '\0';
	return true;
}

/*
 * Take out of a mailbox name what its provider ignores
 */
static void
fold_mailbox(char *mailbox, bool without_dots)
{
	char *to = mailbox;

	for (char *from = mailbox; *from != '\0' && *from != '+'; from++)
		if (!without_dots || *from != '.')
			*to++ = *from;
	*to = '\0';
}

bool
jorge_make_email_key(const char *email, int length, char key[EMAIL_KEY_SIZE])
{
	char address[EMAIL_KEY_SIZE];
	char ascii[EMAIL_KEY_SIZE];
	char *domain;
	size_t plain;
	bool wide = false;

	if (!bare_address(email, length, address))
		return false;
	for (const char *p = address; *p != '\0'; p++)
		wide |= (unsigned char) *p >= 0x80;
	if (wide && GetDatabaseEncoding() == PG_UTF8 && !jorge_compose_lower(address, EMAIL_KEY_SIZE))
		return false;
	domain = strrchr(address, '@');
	if (domain == NULL || domain == address)
		return false;
	*domain++ = '\0';
	if (domain[0] == '.' || strchr(domain, '.') == NULL || strstr(domain, "..") != NULL ||
		strchr(address, '@') != NULL)
		return false;

	if (wide && GetDatabaseEncoding() == PG_UTF8)
	{
		if (!jorge_ascii_domain(domain, ascii, EMAIL_KEY_SIZE))
			return false;
		domain = ascii;
	}

	plain = strcspn(address, "+");
	for (int i = 0; i < lengthof(shared_mailboxes); i++)
		if (strlen(shared_mailboxes[i]) == plain && strncmp(address, shared_mailboxes[i], plain) == 0)
			return false;
	if (in_domains(domain, relay_domains, lengthof(relay_domains), true))
		return false;

	if (strcmp(domain, "gmail.com") == 0 || strcmp(domain, "googlemail.com") == 0)
	{
		fold_mailbox(address, true);
		domain = "gmail.com";
	}
	else if (in_domains(domain, tag_domains, lengthof(tag_domains), false))
		fold_mailbox(address, false);
	if (address[0] == '\0')
		return false;
	return snprintf(key, EMAIL_KEY_SIZE, "%s@%s", address, domain) < EMAIL_KEY_SIZE;
}

/*
 * Canonicalise an e-mail address
 */
Datum
jorge_email_key(PG_FUNCTION_ARGS)
{
	text *email = PG_GETARG_TEXT_PP(0);
	char key[EMAIL_KEY_SIZE];

	if (!jorge_make_email_key(VARDATA_ANY(email), VARSIZE_ANY_EXHDR(email), key))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(key));
}
