#!/usr/bin/env bash
# Memory per idle session: opens N sessions that have each run one query, then reads the private memory of the process tree.
# usage: idlemem.sh LABEL PORT PID SSLMODE [N...]     database bench, user postgres, password PGPASSWORD; default N: 1 1000 5000
set -u
[ $# -ge 4 ] || { sed -n 2,3p "${BASH_SOURCE[0]}"; exit 64; }
label=$1 port=$2 pid=$3 sslmode=$4
shift 4
[ $# -gt 0 ] || set -- 1 1000 5000
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/idlemem.XXXXXX")
trap 'rm -rf "$work"' EXIT
cc -O2 -o "$work/idle" "$here/clients/idle.c" -I"$(pg_config --includedir)" -L"$(pg_config --libdir)" -lpq || exit 1
ulimit -n "$(ulimit -Hn)"
readonly open_seconds=900

memory() { awk '/^Rss:/{ rss = $2 } /^Private/{ private += $2 } END { print private, rss }' "/proc/$pid/smaps_rollup"; }

first=0 first_count=0
for count in "$@"; do
  rm -f "$work/stdin" "$work/out"
  mkfifo "$work/stdin"
  "$work/idle" "$count" "host=127.0.0.1 port=$port dbname=bench user=postgres sslmode=$sslmode" <"$work/stdin" >"$work/out" 2>&1 &
  client=$!
  exec 9>"$work/stdin"
  for ((i = 0; i < open_seconds * 10; i++)); do
    [ -s "$work/out" ] && break
    kill -0 $client 2>/dev/null || break
    sleep 0.1
  done
  if ! grep -qs '^ready' "$work/out"; then
    echo "$label $sslmode: $count sessions FAILED: $(head -1 "$work/out" 2>/dev/null)"
    exec 9>&-
    wait $client
    exit 1
  fi
  sleep 3
  read -r private rss <<<"$(memory)"
  if [ "$first" = 0 ]; then
    first=$private first_count=$count
    printf '%s %s: %d sessions, private %d kB, resident %d kB\n' "$label" "$sslmode" "$count" "$private" "$rss"
  else
    printf '%s %s: %d sessions, private %d kB, resident %d kB = %d B private per further session\n' \
      "$label" "$sslmode" "$count" "$private" "$rss" $(((private - first) * 1024 / (count - first_count)))
  fi
  exec 9>&-
  wait $client
  sleep 2
done
