# Sourced by ./test, ./demo and .ci/run: finds or installs what they need. Works from any folder and side by side.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=$repository/.cache
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

# Runs a command under a lock of this machine, so that two runs never install or build at the same time.
# usage: locked NAME COMMAND...
locked() {
  local lock=$cache/$1.lock
  shift
  mkdir -p "$cache"
  # The descriptor is closed for the command: a daemon it starts must not keep the lock.
  (
    flock 9
    "$@" 9>&-
  ) 9>"$lock"
}

need_dotnet() {
  command -v dotnet >/dev/null || fail "the .NET SDK 10 is needed: https://dotnet.microsoft.com/download"
  case $(dotnet --version) in
    10.*) ;;
    *) fail "the .NET SDK 10 is needed, found $(dotnet --version)" ;;
  esac
}

# usage: need_debian FILE=PACKAGE...   installs the packages whose file is missing
need_debian() {
  local pair missing=()
  for pair in "$@"; do
    [ -e "${pair%%=*}" ] || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "please install: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "please install these packages, as root: apt-get install ${missing[*]}"
    as_root=(sudo -n)
  fi
  say "installing: ${missing[*]}"
  local log=$cache/apt.log
  # A package list can be stale or absent: first try as it is, then with fresh lists.
  if ! install_debian "${as_root[@]}" >"$log" 2>&1; then
    "${as_root[@]}" apt-get update -o DPkg::Lock::Timeout=600 >>"$log" 2>&1 || true
    install_debian "${as_root[@]}" >>"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "could not install ${missing[*]}"; }
  fi
}

# Reads `missing` of need_debian. No service may start by itself: PostgreSQL's own cluster is not wanted.
install_debian() {
  "$@" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=600 \
    -o Dpkg::Use-Pty=0 "${missing[@]}" </dev/null
}

need_postgres() {
  locked install need_debian /usr/lib/postgresql/15/bin/postgres=postgresql-15 /usr/bin/psql=postgresql-client-15 \
    /usr/bin/setpriv=util-linux /usr/bin/flock=util-linux
}

# The clients of the end-to-end tests, a receiver of exports, and the languages the leak corpus has functions in.
need_clients() {
  locked install need_debian /usr/bin/npm=npm /usr/bin/python3=python3 /usr/lib/python3/dist-packages/psycopg=python3-psycopg \
    /usr/share/java/postgresql.jar=libpostgresql-jdbc-java /usr/bin/javac=default-jdk-headless \
    /usr/sbin/rsyslogd=rsyslog /var/lib/dpkg/info/rsyslog-gnutls.list=rsyslog-gnutls \
    /usr/lib/postgresql/15/lib/plperl.so=postgresql-plperl-15 /usr/lib/postgresql/15/lib/plpython3.so=postgresql-plpython3-15
}

# What an auditor verifies a bundle with, besides our own program: a browser's engine and OpenSSL.
need_verifiers() {
  locked install need_debian /usr/bin/node=nodejs /usr/bin/openssl=openssl
}

# The npm packages of the tests, in a folder named after the lock file, so that a new lock file is a new folder.
need_node_modules() {
  local source=$repository/tests/EndToEnd/node
  local folder
  folder=$cache/node-$(sha256sum "$source/package-lock.json" | cut -c1-16)
  [ -e "$folder/ready" ] || locked npm install_node_modules "$source" "$folder"
}

install_node_modules() {
  local source=$1 folder=$2 work version
  [ ! -e "$folder/ready" ] || return 0
  say "installing the npm packages of the tests"
  work=$(mktemp -d "$cache/npm.XXXXXX")
  cp "$source/package.json" "$source/package-lock.json" "$work/"
  (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2) || fail "npm ci failed"
  for version in 17 18; do
    # The npm archive cannot hold symbolic links: the package's own script makes them.
    (cd "$work/node_modules/postgres$version" && "$work/node_modules/node22/bin/node" scripts/hydrate-symlinks.js >&2)
  done
  touch "$work/ready"
  rm -rf "$folder"
  mv "$work" "$folder"
}

# usage: build CONFIGURATION PROJECT...
build() {
  local configuration=$1 project
  shift
  for project in "$@"; do
    locked build dotnet build "$repository/$project" --configuration "$configuration" --nologo --verbosity quiet \
      -nodeReuse:false -p:UseSharedCompilation=false </dev/null >&2
  done
}
