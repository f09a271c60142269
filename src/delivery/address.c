/*
 * address.c: where requests may go: https to a host of jorge.outbox_hosts, at a public address.
 *
 * With jorge.outbox_test_url, which only the server's start can set, every request goes to that URL instead, and only to
 * loopback addresses.
 */
#include "delivery/delivery.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static bool
testing(void)
{
	return delivery_settings->outbox_test_url != NULL && delivery_settings->outbox_test_url[0] != '\0';
}

/*
 * Is the host one of the comma-separated list?
 */
static bool
listed(const char *host, const char *list)
{
	size_t length = strlen(host);

	while (list != NULL && *list != '\0')
	{
		size_t skip = strspn(list, ", \t");
		size_t item = strcspn(list + skip, ", \t");

		if (item == length && item > 0 && pg_strncasecmp(list + skip, host, item) == 0)
			return true;
		list += skip + item;
	}
	return false;
}

/*
 * Get the URL to use for one the database gave, malloc'ed; NULL and why if it may not be used
 */
char *
address_check(const char *url, char *why, size_t size)
{
	CURLU *parts = curl_url();
	char *host = NULL;
	char *scheme = NULL;
	char *user = NULL;
	char *result = NULL;

	if (parts == NULL || curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
		curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
		curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		strlcpy(why, "the URL can't be read", size);
	else if (strcmp(scheme, "https") != 0)
		strlcpy(why, "only https is allowed", size);
	else if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK)
		strlcpy(why, "the URL names a user", size);
	else if (!listed(host, delivery_settings->outbox_hosts))
		strlcpy(why, "the host is not in jorge.outbox_hosts", size);
	else if (testing())
	{
		const char *rest = strchr(url + strlen("https://"), '/');

		result = malloc(strlen(delivery_settings->outbox_test_url) + strlen(rest ? rest : "") + 1);
		if (result != NULL)
		{
			strcpy(result, delivery_settings->outbox_test_url);
			strcat(result, rest ? rest : "");
		}
	}
	else
		result = strdup(url);
	curl_free(host);
	curl_free(scheme);
	curl_free(user);
	curl_url_cleanup(parts);
	return result;
}

static bool
public_v4(uint32 a)
{
	return !((a >> 24) == 0 || (a >> 24) == 10 || (a >> 24) == 127 ||	/* this network, private, loopback */
			 (a >> 22) == (100 << 2 | 1) ||						/* 100.64/10, carrier-grade NAT */
			 (a >> 16) == (169 << 8 | 254) ||					/* link-local, cloud metadata */
			 (a >> 20) == (172 << 4 | 1) || (a >> 16) == (192 << 8 | 168) || /* private */
			 (a >> 8) == (192 << 16) ||							/* 192.0.0/24 */
			 (a >> 17) == (198 << 7 | 9) ||						/* 198.18/15, benchmarks */
			 (a >> 28) >= 14);									/* multicast, reserved */
}

static bool
public_address(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return public_v4(ntohl(((const struct sockaddr_in *) address)->sin_addr.s_addr));
	if (address->sa_family == AF_INET6)
	{
		const unsigned char *a = ((const struct sockaddr_in6 *) address)->sin6_addr.s6_addr;

		if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *) a))
			return public_v4((uint32) a[12] << 24 | a[13] << 16 | a[14] << 8 | a[15]);
		/* global unicast only, without 6to4 and Teredo, which wrap any IPv4 address */
		return (a[0] & 0xe0) == 0x20 && !(a[0] == 0x20 && a[1] == 0x02) && !(a[0] == 0x20 && a[1] == 0x01 && a[2] == 0 && a[3] == 0);
	}
	return false;
}

static bool
loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *) address)->sin_addr.s_addr) >> 24 == 127;
	return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *) address)->sin6_addr);
}

/*
 * libcurl's callback: open a socket, unless the address, whatever name led to it, is none of a public server
 */
curl_socket_t
address_open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	Request *request = data;

	if (testing() ? !loopback(&address->addr) : !public_address(&address->addr))
	{
		if (request != NULL)
			strlcpy(request->detail, "the address is not public", sizeof(request->detail));
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
