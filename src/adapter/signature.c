/*
 * signature.c: is a webhook from whom it says? Over the raw body, bytes as they came.
 *
 * Facebook signs with HMAC-SHA256 and the app's secret, GoHighLevel with Ed25519, formerly with RSA
 * (PKCS#1 v1.5, SHA-256). A signature that can't be read is false, never an error: it is the
 * sender's doing. A key that can't be read is an error: it is ours.
 */
#include "core/jorge.h"

#include "adapter/adapter.h"

#include "common/hmac.h"
#include "common/sha2.h"

#ifdef USE_OPENSSL
#include <openssl/evp.h>
#include <openssl/x509.h>
#endif

/* Longest signature in base64: RSA of 16,384 bits */
#define MAX_SIGNATURE 4096

JORGE_FUNCTION(jorge_verify_hub_signature);
JORGE_FUNCTION(jorge_verify_signature);

static Span
argument(FunctionCallInfo fcinfo, int n)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(n);

	return (Span){VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

/*
 * Compare in a time that does not depend on where the first difference is
 */
static bool
equal_bytes(const uint8 *a, const uint8 *b, int length)
{
	volatile uint8 difference = 0;

	for (int i = 0; i < length; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

/*
 * Check X-Hub-Signature-256: "sha256=" and the HMAC in hexadecimal
 */
Datum
jorge_verify_hub_signature(PG_FUNCTION_ARGS)
{
	Span body = argument(fcinfo, 0);
	Span header = span_trim(argument(fcinfo, 1));
	Span secret = argument(fcinfo, 2);
	uint8 expected[PG_SHA256_DIGEST_LENGTH];
	uint8 given[PG_SHA256_DIGEST_LENGTH];
	pg_hmac_ctx *hmac;
	bool done;

	if (secret.length == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the app's secret is empty"),
				 errhint("It is shown in the app's settings at developers.facebook.com.")));
	if (!span_starts(header, "sha256=") || header.length != 7 + 2 * PG_SHA256_DIGEST_LENGTH)
		PG_RETURN_BOOL(false);
	for (int i = 0; i < PG_SHA256_DIGEST_LENGTH; i++)
	{
		int high = hex_digit(header.data[7 + 2 * i]);
		int low = hex_digit(header.data[8 + 2 * i]);

		if (high < 0 || low < 0)
			PG_RETURN_BOOL(false);
		given[i] = high << 4 | low;
	}
	hmac = pg_hmac_create(PG_SHA256);
	if (hmac == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	done = pg_hmac_init(hmac, (const uint8 *) secret.data, secret.length) >= 0 &&
		   pg_hmac_update(hmac, (const uint8 *) body.data, body.length) >= 0 &&
		   pg_hmac_final(hmac, expected, sizeof(expected)) >= 0;
	pg_hmac_free(hmac);
	if (!done)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not compute the signature")));
	PG_RETURN_BOOL(equal_bytes(expected, given, sizeof(given)));
}

#ifdef USE_OPENSSL

/*
 * Read a public key: the base64 of its SubjectPublicKeyInfo, with or without the lines of a PEM
 * file
 */
static EVP_PKEY *
public_key(Span key)
{
	StringInfoData der;
	StringInfoData base64;
	const unsigned char *p;
	EVP_PKEY *read;
	Span line;

	initStringInfo(&base64);
	initStringInfo(&der);
	while (span_next_line(&key, &line))
		if (!span_starts(span_trim(line), "-----"))
			appendBinaryStringInfo(&base64, line.data, line.length);
	jorge_decode_base64(&der, (Span){base64.data, base64.len});
	p = (const unsigned char *) der.data;
	read = d2i_PUBKEY(NULL, &p, der.len);
	if (read == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the public key can't be read"),
				 errhint("A key is PEM, or the base64 between the lines of a PEM file.")));
	return read;
}

/*
 * Check a signature with a public key; the key's kind says how
 */
static bool
verify(Span body, Span signature, EVP_PKEY *key)
{
	int kind = EVP_PKEY_get_base_id(key);
	const EVP_MD *digest = kind == EVP_PKEY_RSA ? EVP_sha256() : NULL;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool valid = false;

	if (context != NULL && (kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_RSA) &&
		EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1)
		valid = EVP_DigestVerify(context, (const unsigned char *) signature.data, signature.length,
								 (const unsigned char *) body.data, body.length) == 1;
	EVP_MD_CTX_free(context);
	return valid;
}

/*
 * Check a base64 signature by an Ed25519 or RSA key
 */
Datum
jorge_verify_signature(PG_FUNCTION_ARGS)
{
	Span body = argument(fcinfo, 0);
	Span header = span_trim(argument(fcinfo, 1));
	EVP_PKEY *key = public_key(argument(fcinfo, 2));
	StringInfoData signature;
	bool valid;

	if (header.length == 0 || header.length > MAX_SIGNATURE)
	{
		EVP_PKEY_free(key);
		PG_RETURN_BOOL(false);
	}
	/* a kilobyte or two: running out of memory here leaks a key once */
	initStringInfo(&signature);
	jorge_decode_base64(&signature, header);
	valid = verify(body, (Span){signature.data, signature.len}, key);
	EVP_PKEY_free(key);
	PG_RETURN_BOOL(valid);
}

#else

Datum
jorge_verify_signature(PG_FUNCTION_ARGS)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("this server was built without OpenSSL"),
					errhint("Check the signature where the webhook is received.")));
}

#endif
