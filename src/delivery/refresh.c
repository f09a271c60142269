/*
 * refresh.c: OAuth refresh. The refresh token can be used once: one process at a time, and the new pair is on disk before
 * it is used.
 *
 * The lock is on a file beside the token, so that workers of several databases that share the file take turns; it goes
 * with the process.
 */
#include "delivery/delivery.h"

#include "utils/timestamp.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* Try again so long after a refresh that failed, or could not be made, for no fault of the token */
#define TRY_AGAIN (30 * USECS_PER_SEC)

/* One refresh: the request's private lock, kept in its fence */
#define LOCK_OF(request) ((request)->fence)

/*
 * Append name=value, value encoded, to a form
 */
static char *
add_field(char *form, const char *name, const char *value)
{
	char *encoded;
	char *longer;
	size_t size;

	if (form == NULL || value == NULL)
		return form;
	encoded = curl_easy_escape(NULL, value, 0);
	if (encoded == NULL)
	{
		wipe_free(form);
		return NULL;
	}
	size = strlen(form) + strlen(name) + strlen(encoded) + 3;
	longer = malloc(size);
	if (longer != NULL)
		snprintf(longer, size, "%s%s%s=%s", form, form[0] ? "&" : "", name, encoded);
	explicit_bzero(encoded, strlen(encoded));
	curl_free(encoded);
	wipe_free(form);
	return longer;
}

/*
 * Make the request that refreshes a lane's token; NULL if there is nothing to refresh with, or another process does it
 */
Request *
refresh_make(Lane *lane, const char *url)
{
	char path[MAXPGPATH];
	char lock_path[MAXPGPATH + 8];
	char why[160];
	Secret *secret;
	Request *request = NULL;
	char *form;
	int lock;

	/* whatever goes wrong here, it is neither tried at once again nor given up */
	lane->refresh_after = delivery_clock() + delivery_scaled(TRY_AGAIN);
	if (!secret_path(lane->location, lane->provider, path, sizeof(path)))
		return NULL;
	snprintf(lock_path, sizeof(lock_path), "%s.lock", path);
	lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return NULL;
	if (flock(lock, LOCK_EX | LOCK_NB) != 0)
	{
		close(lock);
		lane->refresh_after = delivery_clock() + USECS_PER_SEC;
		return NULL;
	}
	/* under the lock: another process may have done it meanwhile */
	secret = secret_read(lane->location, lane->provider, why, sizeof(why));
	if (secret == NULL || secret->refresh_token == NULL || secret->client_id == NULL || secret->print != lane->refused)
	{
		if (secret != NULL && secret->print != lane->refused)
			lane->unauthorized = false;
		else if (secret != NULL)
			/* nothing to refresh with: another file may have it (lanes_check_tokens) */
			lane->refresh_after = PG_INT64_MAX;
		secret_free(secret);
		close(lock);
		return NULL;
	}
	form = strdup("");
	form = add_field(form, "client_id", secret->client_id);
	form = add_field(form, "client_secret", secret->client_secret);
	form = add_field(form, "grant_type", "refresh_token");
	form = add_field(form, "refresh_token", secret->refresh_token);
	form = add_field(form, "user_type", secret->user_type ? secret->user_type : "Location");
	secret_free(secret);
	if (form == NULL || (request = calloc(1, sizeof(Request))) == NULL)
	{
		wipe_free(form);
		close(lock);
		return NULL;
	}
	request->is_refresh = true;
	request->lane = lane;
	request->method = strdup("POST");
	request->url = strdup(url);
	request->provider = strdup(lane->provider);
	request->body = form;
	if (request->method == NULL || request->url == NULL || request->provider == NULL)
	{
		request_free(request);
		close(lock);
		return NULL;
	}
	LOCK_OF(request) = lock;
	lane->refreshing = true;
	return request;
}

/*
 * Read the four digits of a \u; 0, which no token holds, if they are none
 */
static unsigned int
read_code(const char *digits)
{
	unsigned int code = 0;

	for (int i = 0; i < 4; i++)
	{
		const char *all = "0123456789abcdef";
		const char *digit = digits[i] != '\0' ? strchr(all, pg_tolower((unsigned char) digits[i])) : NULL;

		if (digit == NULL)
			return 0;
		code = code << 4 | (unsigned int) (digit - all);
	}
	return code;
}

/*
 * Copy a JSON string, from behind its opening quote: visible ASCII only, as it goes into a header and a line of a file.
 * malloc'ed; NULL if it is anything else, or empty.
 */
static char *
unescape(const char *json)
{
	char *copy = calloc(1, strlen(json) + 1);

	for (size_t n = 0; copy != NULL; n++)
	{
		unsigned int code = (unsigned char) *json++;

		if (code == '"' && n > 0)
			return copy;
		if (code == '\\')
		{
			code = (unsigned char) *json++;
			if (code == 'u' && (code = read_code(json)) != 0)
				json += 4;
			else if (code != '"' && code != '\\' && code != '/')
				code = 0;
		}
		else if (code == '"')
			code = 0;
		if (code <= ' ' || code > '~')
			break;
		copy[n] = (char) code;
	}
	wipe_free(copy);
	return NULL;
}

/*
 * Get the value of a member of a flat JSON object: a string of visible ASCII, or a number. malloc'ed; NULL if there is
 * none. Names inside strings don't matter: a name is followed by a colon.
 */
static char *
member(const char *json, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = json; (at = strchr(at, '"')) != NULL;)
	{
		const char *end = at + 1;
		const char *value;
		size_t length;
		char *copy;

		while (*end != '\0' && *end != '"')
			end += *end == '\\' && end[1] != '\0' ? 2 : 1;
		if (*end == '\0')
			return NULL;
		value = end + 1 + strspn(end + 1, " \t\r\n");
		if (*value != ':' || (size_t) (end - at - 1) != n || strncmp(at + 1, name, n) != 0)
		{
			at = end + 1;
			continue;
		}
		value += 1 + strspn(value + 1, " \t\r\n");
		if (*value == '"')
			return unescape(value + 1);
		length = strspn(value, "0123456789");
		if (length == 0 || (copy = malloc(length + 1)) == NULL)
			return NULL;
		memcpy(copy, value, length);
		copy[length] = '\0';
		return copy;
	}
	return NULL;
}

/*
 * Store what a refresh brought, and free the request
 */
void
refresh_done(Request *request)
{
	Lane *lane = request->lane;
	char why[160];
	bool stored = false;

	lane->refreshing = false;
	lane->refresh_after = delivery_clock() + delivery_scaled(Max(TRY_AGAIN, (int64) request->retry_after * USECS_PER_SEC));
	if (request->outcome == OUTCOME_REPLIED && request->status == 200 && request->answer != NULL)
	{
		Secret *secret = secret_read(lane->location, lane->provider, why, sizeof(why));
		char *access = member(request->answer, "access_token");
		char *again = member(request->answer, "refresh_token");
		char *seconds = member(request->answer, "expires_in");

		if (secret != NULL && access != NULL)
		{
			wipe_free(secret->access_token);
			secret->access_token = access;
			access = NULL;
			if (again != NULL)
			{
				wipe_free(secret->refresh_token);
				secret->refresh_token = again;
				again = NULL;
			}
			secret->expires_at = (int64) time(NULL) + (seconds ? Min(strtoll(seconds, NULL, 10), 366 * 86400) : 86399);
			stored = secret_write(lane->location, lane->provider, secret);
			if (!stored)
				delivery_tell(WARNING, "a refreshed token could not be stored: the old refresh token is used up");
		}
		wipe_free(access);
		wipe_free(again);
		free(seconds);
		secret_free(secret);
	}
	else if (request->status >= 400 && request->status < 500 && request->status != 429 && request->status != 408)
	{
		delivery_tell(WARNING, "the refresh token of a location was refused: put a new one into its token file");
		lane->refresh_after = PG_INT64_MAX;
	}
	if (stored)
		lane->unauthorized = false;
	close((int) LOCK_OF(request));
	lane->in_flight--;
	request_free(request);
}
