/*
 * arm.c: the file that says which database of which server may send.
 *
 * It lies beside the tokens, outside the data directory, and names the server, the database, the data directory and the
 * inode of its PG_VERSION, which initdb wrote once: a restored dump has another database, a copied directory another
 * path or inode.
 */
#include "outbox/shared.h"

#include "core/settings.h"

#include "access/xlog.h"
#include "catalog/pg_authid.h"
#include "lib/stringinfo.h"
#include "storage/fd.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

JORGE_FUNCTION(jorge_write_arm_file);

#define MAX_ARM_FILE 8192

static char *
arm_path(Oid database)
{
	return psprintf("%s/armed.%u", jorge_settings.secrets_dir, database);
}

/*
 * Read a small file into a buffer; false if it can't be
 */
static bool
read_small(const char *path, char *buffer, Size size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	Size length = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	while (length < size - 1 && (n = read(fd, buffer + length, size - 1 - length)) > 0)
		length += n;
	close(fd);
	buffer[length] = '\0';
	return true;
}

char *
jorge_arm_text(const char *token, Oid database)
{
	StringInfoData text;
	struct stat version;
	char machine[256];
	char version_file[MAXPGPATH];

	snprintf(version_file, sizeof(version_file), "%s/PG_VERSION", DataDir);
	if (stat(version_file, &version) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not stat file \"%s\": %m", version_file)));
	if (!read_small("/etc/machine-id", machine, sizeof(machine)))
		machine[0] = '\0';
	machine[strcspn(machine, "\n")] = '\0';
	initStringInfo(&text);
	appendStringInfo(&text, "jorge 1\nsystem " UINT64_FORMAT "\ndatabase %u\ndirectory %s\ninode %llu\nmachine %s\ntoken %s\n",
					 GetSystemIdentifier(), database, DataDir, (unsigned long long) version.st_ino, machine, token);
	return text.data;
}

bool
jorge_is_armed(const char *token, uint64 system_identifier, Oid database, char *why, Size size)
{
	char stored[MAX_ARM_FILE];

	if (token == NULL)
		strlcpy(why, "the database has not been armed", size);
	else if (jorge_settings.secrets_dir == NULL || jorge_settings.secrets_dir[0] == '\0')
		strlcpy(why, "jorge.secrets_dir is not set", size);
	else if (system_identifier != GetSystemIdentifier() || database != MyDatabaseId)
		strlcpy(why, "the database was armed elsewhere: this is a copy", size);
	else if (!read_small(arm_path(database), stored, sizeof(stored)))
		strlcpy(why, "there is no arm file for this database", size);
	else if (strcmp(stored, jorge_arm_text(token, database)) != 0)
		strlcpy(why, "the arm file is of another server or data directory: this is a copy", size);
	else
		return true;
	return false;
}

/*
 * Write the arm file of this database, durably
 */
Datum
jorge_write_arm_file(PG_FUNCTION_ARGS)
{
	char *token = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *path;
	char *temporary;
	char *text;
	struct stat status;
	int fd;

	if (!has_privs_of_role(GetUserId(), ROLE_PG_WRITE_SERVER_FILES))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied to arm the outbox"),
						errhint("A superuser, or a member of pg_write_server_files, may.")));
	if (jorge_settings.secrets_dir == NULL || jorge_settings.secrets_dir[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("jorge.secrets_dir is not set"),
						errhint("Set it in postgresql.conf to a directory outside the data directory that only the server's user can read.")));
	if (stat(jorge_settings.secrets_dir, &status) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not stat directory \"%s\": %m", jorge_settings.secrets_dir)));
	if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("jorge.secrets_dir \"%s\" is not a directory of the server's user alone", jorge_settings.secrets_dir),
						errhint("Make it so: install -d -m 700 -o postgres %s", jorge_settings.secrets_dir)));

	path = arm_path(MyDatabaseId);
	temporary = psprintf("%s.new", path);
	text = jorge_arm_text(token, MyDatabaseId);
	fd = OpenTransientFilePerm(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | PG_BINARY, 0600);
	if (fd < 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not create file \"%s\": %m", temporary)));
	if (write(fd, text, strlen(text)) != (ssize_t) strlen(text) || pg_fsync(fd) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not write file \"%s\": %m", temporary)));
	if (CloseTransientFile(fd) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not close file \"%s\": %m", temporary)));
	(void) durable_rename(temporary, path, ERROR);
	PG_RETURN_VOID();
}
