/* SPDX-License-Identifier: Apache-2.0 */
/* Dropbear's options that are not its defaults.  There are no passwords here: keys only.  No file system on a
 * target lasts yet, so that -R makes a host key with each boot. */
#define DROPBEAR_SVR_PASSWORD_AUTH 0
#define DROPBEAR_X11FWD 0
#define DROPBEAR_SVR_AGENTFWD 0
#define DROPBEAR_CLI_AGENTFWD 0
#define DO_MOTD 0
/* A line for the user's shell, which looks in the PATH of the session. */
#define SFTPSERVER_PATH "exec sftp-server"
#define DEFAULT_PATH "/proc/boot:/bin:/usr/bin"
#define DEFAULT_ROOT_PATH DEFAULT_PATH
#define DROPBEAR_PIDFILE "/dev/shmem/dropbear.pid"
#define RSA_PRIV_FILENAME "/dev/shmem/dropbear_rsa_host_key"
#define ECDSA_PRIV_FILENAME "/dev/shmem/dropbear_ecdsa_host_key"
#define ED25519_PRIV_FILENAME "/dev/shmem/dropbear_ed25519_host_key"
