/*
 * secrets.c: token files.
 *
 * jorge.secrets_dir holds <provider>.<location>.token, of the server's user alone (mode 600). It is either one line, a
 * token that doesn't expire, or lines name=value: client_id, client_secret, access_token, refresh_token, expires_at (Unix
 * time), user_type. Tokens are read when a request is made, kept in malloc'ed memory and wiped at once.
 */
#include "delivery/delivery.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SECRET_FILE (16 * 1024)

/* Fields of the file, in the order they are written */
static const struct
{
	const char *name;
	size_t offset;
} fields[] = {{"client_id", offsetof(Secret, client_id)},
			  {"client_secret", offsetof(Secret, client_secret)},
			  {"access_token", offsetof(Secret, access_token)},
			  {"refresh_token", offsetof(Secret, refresh_token)},
			  {"user_type", offsetof(Secret, user_type)}};

void
wipe_free(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

void
secret_free(Secret *secret)
{
	if (secret == NULL)
		return;
	for (int i = 0; i < lengthof(fields); i++)
		wipe_free(*(char **) ((char *) secret + fields[i].offset));
	explicit_bzero(secret, sizeof(Secret));
	free(secret);
}

/*
 * Make the path of a token file; false if the names could lead elsewhere
 */
bool
secret_path(const char *location, const char *provider, char *path, size_t size)
{
	const char *names[] = {location, provider};

	if (delivery_settings->secrets_dir == NULL || delivery_settings->secrets_dir[0] == '\0')
		return false;
	for (int i = 0; i < 2; i++)
		if (names[i][0] == '\0' || strspn(names[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != strlen(names[i]))
			return false;
	return snprintf(path, size, "%s/%s.%s.token", delivery_settings->secrets_dir, provider, location) < (int) size;
}

static uint64
print_of(const struct stat *status)
{
	return (uint64) status->st_ino * UINT64CONST(0x9e3779b97f4a7c15) ^ (uint64) status->st_size ^
		   (uint64) status->st_mtim.tv_sec << 20 ^ (uint64) status->st_mtim.tv_nsec;
}

/*
 * Get what tells one state of the file from another; 0 if there is none
 */
uint64
secret_print(const char *location, const char *provider)
{
	char path[MAXPGPATH];
	struct stat status;

	if (!secret_path(location, provider, path, sizeof(path)) || stat(path, &status) != 0)
		return 0;
	return print_of(&status);
}

/*
 * A token may hold visible ASCII only: it goes into a header
 */
static bool
clean(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char) *value <= ' ' || (unsigned char) *value > '~')
			return false;
	return true;
}

/*
 * Read the lines of a token file into a secret; false if they say nothing
 */
static bool
parse(char *text, Secret *secret)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\r\n", &save); line != NULL; line = strtok_r(NULL, "\r\n", &save))
	{
		char *equals = strchr(line, '=');
		char *field = NULL;

		line += strspn(line, " \t");
		for (size_t n = strlen(line); n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'); n--)
			line[n - 1] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		for (int i = 0; i < lengthof(fields) && equals != NULL; i++)
		{
			size_t n = strlen(fields[i].name);

			if (strncmp(line, fields[i].name, n) == 0 && line[n] == '=')
			{
				char **value = (char **) ((char *) secret + fields[i].offset);

				field = line + n + 1;
				wipe_free(*value);
				*value = clean(field) ? strdup(field) : NULL;
			}
		}
		if (field == NULL && strncmp(line, "expires_at=", 11) == 0)
			secret->expires_at = strtoll(line + 11, NULL, 10);
		else if (field == NULL && secret->access_token == NULL && clean(line))
			secret->access_token = strdup(line);
	}
	return secret->access_token != NULL || secret->refresh_token != NULL;
}

/*
 * Read a token file; NULL and why if it can't be used. Free by secret_free().
 */
Secret *
secret_read(const char *location, const char *provider, char *why, size_t size)
{
	char path[MAXPGPATH];
	char *text = NULL;
	Secret *secret = NULL;
	struct stat status;
	ssize_t n;
	size_t length = 0;
	int fd;

	if (!secret_path(location, provider, path, sizeof(path)))
	{
		strlcpy(why, "jorge.secrets_dir is not set, or the location's id is not made of letters, digits, - and _", size);
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) != 0)
		strlcpy(why, "there is no token file", size);
	else if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0)
		strlcpy(why, "the token file must be a plain file of the server's user with mode 600", size);
	else if ((text = calloc(1, MAX_SECRET_FILE)) != NULL && (secret = calloc(1, sizeof(Secret))) != NULL)
	{
		while (length < MAX_SECRET_FILE - 1 && (n = read(fd, text + length, MAX_SECRET_FILE - 1 - length)) > 0)
			length += n;
		secret->print = print_of(&status);
		if (!parse(text, secret))
		{
			strlcpy(why, "the token file holds no token", size);
			secret_free(secret);
			secret = NULL;
		}
	}
	if (text != NULL)
		explicit_bzero(text, MAX_SECRET_FILE);
	free(text);
	if (fd >= 0)
		close(fd);
	return secret;
}

/*
 * Write a token file so that after a crash there is the old one or the new one
 */
bool
secret_write(const char *location, const char *provider, const Secret *secret)
{
	char path[MAXPGPATH];
	char temporary[MAXPGPATH + 8];
	char directory[MAXPGPATH];
	FILE *file;
	int fd;
	bool good;

	if (!secret_path(location, provider, path, sizeof(path)))
		return false;
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	strlcpy(directory, delivery_settings->secrets_dir, sizeof(directory));
	(void) unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || (file = fdopen(fd, "w")) == NULL)
	{
		if (fd >= 0)
			close(fd);
		return false;
	}
	/* no buffer of stdio's own that nobody wipes */
	setvbuf(file, NULL, _IONBF, 0);
	good = true;
	for (int i = 0; i < lengthof(fields); i++)
	{
		const char *value = *(char *const *) ((const char *) secret + fields[i].offset);

		if (value != NULL)
			good &= fprintf(file, "%s=%s\n", fields[i].name, value) > 0;
	}
	if (secret->expires_at > 0)
		good &= fprintf(file, "expires_at=%lld\n", (long long) secret->expires_at) > 0;
	good &= fflush(file) == 0 && fsync(fd) == 0;
	good &= fclose(file) == 0;
	good = good && rename(temporary, path) == 0;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
	{
		good &= fsync(fd) == 0;
		close(fd);
	}
	if (!good)
		(void) unlink(temporary);
	return good;
}
