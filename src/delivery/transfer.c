/*
 * transfer.c: HTTP requests on one libcurl multi handle.
 *
 * libcurl's sockets are in an epoll set of its own, whose descriptor the worker waits for together with its latch.
 */
#include "delivery/delivery.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Answers to a DNS question, a TCP and a TLS handshake: at most so long */
#define CONNECT_TIMEOUT_MS 5000

/* A transfer slower than this, bytes a second over so many seconds, has failed */
#define LOW_SPEED 10
#define LOW_SPEED_SECONDS 10

static CURLM *multi;
static int epoll_fd = -1;
static int64 timer_at;			/* monotonic; when libcurl wants to be called, 0 = it doesn't */
static int in_flight;
static Request *running;
static Request *done;
static Request **done_tail = &done;

static void
block_signals(sigset_t *saved)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, saved);
}

static void
restore_signals(const sigset_t *saved)
{
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

/* ---- libcurl's memory: it holds headers with tokens, so what it frees is wiped */

static void
wiping_free(void *block)
{
	if (block != NULL)
		explicit_bzero(block, malloc_usable_size(block));
	free(block);
}

static void *
wiping_realloc(void *block, size_t size)
{
	void *larger = malloc(size);

	if (larger == NULL)
		return NULL;
	if (block != NULL)
	{
		size_t had = malloc_usable_size(block);

		memcpy(larger, block, Min(had, size));
		wiping_free(block);
	}
	return larger;
}

/* ---- callbacks: nothing of PostgreSQL may be called */

static int
on_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *known)
{
	struct epoll_event event = {0};

	if (what == CURL_POLL_REMOVE)
	{
		(void) epoll_ctl(epoll_fd, EPOLL_CTL_DEL, socket, NULL);
		return 0;
	}
	event.data.fd = socket;
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, socket, &event) != 0 && errno == ENOENT)
		(void) epoll_ctl(epoll_fd, EPOLL_CTL_ADD, socket, &event);
	return 0;
}

static int
on_timer(CURLM *handle, long timeout_ms, void *data)
{
	timer_at = timeout_ms < 0 ? 0 : delivery_clock() + timeout_ms * 1000;
	return 0;
}

/*
 * Keep the first bytes of an answer; more ends the transfer
 */
static size_t
on_body(char *bytes, size_t one, size_t n, void *data)
{
	Request *request = data;

	if (n > (strcmp(request->method, "GET") == 0 ? MAX_PAGE : MAX_ANSWER) - request->answer_length)
	{
		request->cut = true;
		return 0;
	}
	if (request->answer_length + n + 1 > request->answer_room)
	{
		size_t room = Max(request->answer_room * 2, request->answer_length + n + 1);
		char *larger = wiping_realloc(request->answer, Max(room, 1024));

		if (larger == NULL)
		{
			request->cut = true;
			return 0;
		}
		request->answer = larger;
		request->answer_room = Max(room, 1024);
	}
	memcpy(request->answer + request->answer_length, bytes, n);
	request->answer_length += n;
	request->answer[request->answer_length] = '\0';
	return n;
}

/*
 * Read a header "name: number"
 */
static void
read_number(const char *line, size_t n, const char *name, int *value)
{
	size_t length = strlen(name);
	long read = 0;

	if (n <= length || strncasecmp(line, name, length) != 0)
		return;
	for (size_t i = length; i < n && read < 100000000; i++)
		if (line[i] >= '0' && line[i] <= '9')
			read = read * 10 + (line[i] - '0');
		else if (line[i] != ' ' && line[i] != '\t')
			break;
	*value = (int) read;
}

static size_t
on_header(char *line, size_t one, size_t n, void *data)
{
	Request *request = data;

	request->header_length += n;
	if (request->header_length > MAX_HEADERS)
	{
		request->cut = true;
		return 0;
	}
	read_number(line, n, "x-ratelimit-remaining:", &request->remaining);
	read_number(line, n, "x-ratelimit-interval-milliseconds:", &request->interval_ms);
	read_number(line, n, "x-ratelimit-daily-remaining:", &request->daily_remaining);
	return n;
}

/* ---- */

void
transfer_init(void)
{
	sigset_t saved;

	block_signals(&saved);
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc, strdup, calloc) != CURLE_OK ||
		(multi = curl_multi_init()) == NULL || (epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
	{
		restore_signals(&saved);
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("libcurl could not be started")));
	}
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long) CURLPIPE_NOTHING);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 16L);
	restore_signals(&saved);
}

int
transfer_fd(void)
{
	return epoll_fd;
}

int
transfer_in_flight(void)
{
	return in_flight;
}

/*
 * Microseconds until libcurl wants to be called; -1 = it doesn't
 */
int64
transfer_wait(void)
{
	return timer_at == 0 ? -1 : Max(0, timer_at - delivery_clock());
}

/*
 * Free a request and wipe what may hold a token
 */
void
request_free(Request *request)
{
	sigset_t saved;

	block_signals(&saved);
	if (request->easy != NULL)
		curl_easy_cleanup(request->easy);
	for (struct curl_slist *header = request->headers; header != NULL; header = header->next)
		explicit_bzero(header->data, strlen(header->data));
	curl_slist_free_all(request->headers);
	restore_signals(&saved);
	free(request->provider);
	free(request->method);
	free(request->url);
	free(request->version);
	wipe_free(request->body);
	if (request->answer != NULL)
		explicit_bzero(request->answer, request->answer_room);
	free(request->answer);
	free(request);
}

/*
 * Move a request that has its outcome to the list of those done
 */
static void
finish(Request *request)
{
	request->next = NULL;
	*done_tail = request;
	done_tail = &request->next;
}

/*
 * Add a header; a value can't hold line breaks, or it would be two headers
 */
static bool
add_header(Request *request, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 3;
	char *line;
	struct curl_slist *list;

	if (strpbrk(value, "\r\n") != NULL || (line = malloc(size)) == NULL)
		return false;
	snprintf(line, size, "%s: %s", name, value);
	list = curl_slist_append(request->headers, line);
	explicit_bzero(line, size);
	free(line);
	if (list == NULL)
		return false;
	request->headers = list;
	return true;
}

/*
 * Add the location's token; if there is no good one, the request is as one that was answered 401
 */
static bool
authorize(Request *request)
{
	char why[160] = "out of memory";
	Secret *secret = secret_read(request->lane->location, request->provider, why, sizeof(why));
	char *value;
	bool good = false;

	request->print = secret ? secret->print : 0;
	if (secret == NULL || secret->access_token == NULL || (secret->expires_at > 0 && secret->expires_at <= (int64) time(NULL)))
		strlcpy(request->detail, secret == NULL ? why : "the token has expired", sizeof(request->detail));
	else if ((value = malloc(strlen(secret->access_token) + 8)) != NULL)
	{
		sprintf(value, "Bearer %s", secret->access_token);
		good = add_header(request, "Authorization", value);
		wipe_free(value);
	}
	secret_free(secret);
	if (!good)
	{
		request->outcome = OUTCOME_REPLIED;
		request->status = 401;
	}
	return good;
}

/*
 * Set the options that every request has
 */
static bool
prepare(Request *request, const char *url)
{
	CURL *easy = request->easy;
	long timeout = delivery_settings->outbox_timeout_ms;
	bool good = true;

#define SET(option, value) good = good && curl_easy_setopt(easy, option, value) == CURLE_OK
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PRIVATE, (char *) request);
	SET(CURLOPT_ERRORBUFFER, request->error);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, request);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, request);
	SET(CURLOPT_OPENSOCKETFUNCTION, address_open_socket);
	SET(CURLOPT_OPENSOCKETDATA, request);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_NOPROGRESS, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "https,http");
#else
	SET(CURLOPT_PROTOCOLS, (long) (CURLPROTO_HTTPS | CURLPROTO_HTTP));
#endif
	SET(CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	if (delivery_settings->outbox_ca_file != NULL && delivery_settings->outbox_ca_file[0] != '\0')
		SET(CURLOPT_CAINFO, delivery_settings->outbox_ca_file);
	SET(CURLOPT_TIMEOUT_MS, timeout);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long) Min(CONNECT_TIMEOUT_MS, timeout));
	SET(CURLOPT_LOW_SPEED_LIMIT, (long) LOW_SPEED);
	SET(CURLOPT_LOW_SPEED_TIME, (long) LOW_SPEED_SECONDS);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Otherwise a name server that doesn't answer holds up everything until the resolver's thread has ended. */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	if (!request->reuse)
	{
		/* libcurl silently repeats a POST whose kept-alive connection turns out dead: the message would arrive twice. */
		SET(CURLOPT_FRESH_CONNECT, 1L);
		SET(CURLOPT_FORBID_REUSE, 1L);
	}
	if (strcmp(request->method, "GET") != 0)
	{
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDS, request->body ? request->body : "");
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) (request->body ? strlen(request->body) : 0));
		if (strcmp(request->method, "POST") != 0)
			SET(CURLOPT_CUSTOMREQUEST, request->method);
	}
	SET(CURLOPT_HTTPHEADER, request->headers);
#undef SET
	return good;
}

/*
 * Start a request; false if it was over at once, in which case it is among those done too
 */
bool
transfer_start(Request *request)
{
	char *url = NULL;
	sigset_t saved;
	bool good = false;

	request->started = delivery_clock();
	request->remaining = request->interval_ms = request->daily_remaining = -1;
	request->lane->in_flight++;
	if (request->url == NULL)
	{
		request->outcome = OUTCOME_UNSENDABLE;
		strlcpy(request->detail, "the endpoint, or a value that its path needs, is missing", sizeof(request->detail));
	}
	else if ((url = address_check(request->url, request->detail, sizeof(request->detail))) == NULL)
		request->outcome = OUTCOME_UNSENDABLE;
	else if (request->is_refresh || authorize(request))
	{
		block_signals(&saved);
		good = add_header(request, "Accept", "application/json") && add_header(request, "Expect", "") &&
			   add_header(request, "User-Agent", "jorge") &&
			   (request->version == NULL || add_header(request, "Version", request->version)) &&
			   (request->body == NULL ||
				add_header(request, "Content-Type", request->is_refresh ? "application/x-www-form-urlencoded" : "application/json"));
		/* an empty value removes a header of libcurl's own */
		good = good && (request->easy = curl_easy_init()) != NULL && prepare(request, url) &&
			   curl_multi_add_handle(multi, request->easy) == CURLM_OK;
		restore_signals(&saved);
		if (!good)
		{
			request->outcome = OUTCOME_NOT_SENT;
			strlcpy(request->detail, "libcurl refused the request", sizeof(request->detail));
		}
	}
	free(url);
	if (!good)
	{
		finish(request);
		return false;
	}
	request->next = running;
	running = request;
	in_flight++;
	return true;
}

/*
 * Judge what came of a transfer
 */
static void
judge(Request *request, CURLcode code)
{
	long status = 0;
	long sent = 0;
	curl_off_t retry_after = 0;

	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(request->easy, CURLINFO_REQUEST_SIZE, &sent);
	curl_easy_getinfo(request->easy, CURLINFO_RETRY_AFTER, &retry_after);
	request->status = status >= 200 && status <= 999 ? (int) status : 0;
	request->retry_after = (int) Max(0, Min(retry_after, 86400));
	request->took_ms = (int) ((delivery_clock() - request->started) / 1000);
	if (code == CURLE_OK && request->status > 0)
		request->outcome = OUTCOME_REPLIED;
	else if (request->status > 0)
		request->outcome = OUTCOME_CUT;
	else
		request->outcome = sent == 0 ? OUTCOME_NOT_SENT : OUTCOME_UNKNOWN;
	if (request->cut)
		strlcpy(request->detail, "the answer was longer than is read", sizeof(request->detail));
	else if (code != CURLE_OK && request->detail[0] == '\0')
		strlcpy(request->detail, request->error[0] ? request->error : curl_easy_strerror(code), sizeof(request->detail));
}

static void
unlink_running(Request *request)
{
	for (Request **each = &running; *each != NULL; each = &(*each)->next)
		if (*each == request)
		{
			*each = request->next;
			break;
		}
	in_flight--;
}

/*
 * Collect the transfers that are over
 */
static void
collect(void)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi, &left)) != NULL)
	{
		Request *request = NULL;
		CURLcode code = message->data.result;
		CURL *easy = message->easy_handle;
		sigset_t saved;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &request);
		block_signals(&saved);
		curl_multi_remove_handle(multi, easy);
		judge(request, code);
		curl_easy_cleanup(easy);
		request->easy = NULL;
		restore_signals(&saved);
		unlink_running(request);
		finish(request);
	}
}

/*
 * Let libcurl do what its sockets and timers ask for
 */
void
transfer_drive(bool timeout_only)
{
	struct epoll_event events[64];
	int n = timeout_only ? 0 : epoll_wait(epoll_fd, events, lengthof(events), 0);
	int still;
	sigset_t saved;

	block_signals(&saved);
	for (int i = 0; i < n; i++)
	{
		int mask = ((events[i].events & (EPOLLIN | EPOLLHUP)) ? CURL_CSELECT_IN : 0) |
				   ((events[i].events & EPOLLOUT) ? CURL_CSELECT_OUT : 0) | ((events[i].events & EPOLLERR) ? CURL_CSELECT_ERR : 0);

		curl_multi_socket_action(multi, events[i].data.fd, mask, &still);
	}
	if (timer_at != 0 && delivery_clock() >= timer_at)
	{
		timer_at = 0;
		curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &still);
	}
	restore_signals(&saved);
	collect();
}

Request *
transfer_take_done(void)
{
	Request *request = done;

	if (request != NULL)
	{
		done = request->next;
		if (done == NULL)
			done_tail = &done;
		request->next = NULL;
	}
	return request;
}

/*
 * Give up everything that is on its way
 */
void
transfer_abort_all(void)
{
	while (running != NULL)
	{
		Request *request = running;
		sigset_t saved;

		block_signals(&saved);
		curl_multi_remove_handle(multi, request->easy);
		judge(request, CURLE_ABORTED_BY_CALLBACK);
		curl_easy_cleanup(request->easy);
		request->easy = NULL;
		restore_signals(&saved);
		strlcpy(request->detail, "the server was stopping", sizeof(request->detail));
		unlink_running(request);
		finish(request);
	}
}
