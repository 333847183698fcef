#!/usr/bin/env bash
# Interleaved comparison of PostgreSQL endpoints by pgbench: a server and what stands in front of it.
# The first target is the baseline. Every round runs every (workload, target) pair once, in shuffled target order;
# ratios are taken inside a round, the summary prints the median [min-max] over the rounds.
#
# usage: pgratio.sh [options] LABEL=HOST:PORT[,pid=N][,sslmode=MODE] ...
#   -d db  -U user     what to connect as; the password, where one is asked for, is PGPASSWORD
#   -r rounds  -t seconds  -w "WORKLOADS"
#   -s pid             the postmaster: lets the tool tell the server's CPU from that of strangers
#   -b LABEL           second baseline: throughput and CPU are also given relative to this target
#   -g pct  -G s       before each run wait, at most s seconds, until the machine is less than pct % busy
#   -F pct  -R n       drop runs in which strangers burnt more than pct % of the machine; repeat such a run up to n times
#   -o raw.tsv         append the runs to this file;  -a raw.tsv  no runs, only the summary of that file
#
# workloads (n clients):
#   S<n>  one row by key, simple protocol, a new text each time     R<n>  the same text each time
#   P<n>  one row by key, prepared                                  E<n>  one row by key, extended, parsed each time
#   M<n>  one row with a masked column, the same text each time     Q<n>  one row with a masked column, prepared
#   T<n>  pgbench's tpcb-like                                       A<n>  a 25-line query, a new text each time
#   C<n>  one row by key, a connection each time
#   X  XB scan of SCAN_ROWS rows, text / binary, no TLS             XT    the same through libpq, with the target's sslmode
#   pid=N is the root of a proxy's process tree; its CPU is given per 100k transactions, for scans per GB
set -u
DB=bench USR=postgres ROUNDS=5 SECS=4 WORKLOADS="S1 R8 P8" SERVER="" GATE=30 GATE_WAIT=20 FOREIGN=100 RAW="" ONLY="" RETRIES=0 ANCHOR=""
SCAN_ROWS=${SCAN_ROWS:-1000000}
while getopts d:U:r:t:w:s:g:G:F:R:o:a:b: option; do case $option in
  d) DB=$OPTARG ;; U) USR=$OPTARG ;; r) ROUNDS=$OPTARG ;; t) SECS=$OPTARG ;; w) WORKLOADS=$OPTARG ;; s) SERVER=$OPTARG ;;
  g) GATE=$OPTARG ;; G) GATE_WAIT=$OPTARG ;; F) FOREIGN=$OPTARG ;; R) RETRIES=$OPTARG ;; o) RAW=$OPTARG ;; a) ONLY=$OPTARG ;;
  b) ANCHOR=$OPTARG ;; *) exit 64 ;;
esac; done
shift $((OPTIND - 1))
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
hz=$(getconf CLK_TCK)
cpus=$(nproc)
summary() { awk -F'\t' -v FOREIGN="$FOREIGN" -v ANCHOR="$ANCHOR" -f "$here/summary.awk" "$1"; }
if [ -n "$ONLY" ]; then summary "$ONLY"; exit; fi
[ $# -ge 1 ] || { sed -n 2,24p "${BASH_SOURCE[0]}"; exit 64; }

work=$(mktemp -d "${TMPDIR:-/tmp}/pgratio.XXXXXX")
trap 'rm -rf "$work"' EXIT
[ -n "$RAW" ] || RAW=$work/raw.tsv

# CPU ticks of the process tree under $1, reaped children included.
tree_ticks() {
  [ -n "$1" ] || { echo 0; return; }
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v root="$1" '
    { pid = $1; sub(/^.*\) /, ""); parent[pid] = $2; ticks[pid] = $12 + $13 + $14 + $15 }
    END {
      for (p in ticks) { q = p; depth = 0; while (q != root && (q in parent) && depth++ < 64) q = parent[q]; if (q == root) sum += ticks[p] }
      print sum + 0
    }'
}

busy_ticks() { awk '/^cpu /{ print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat; }

wait_until_quiet() {
  local before after i
  for ((i = 0; i < GATE_WAIT * 3; i++)); do
    before=$(busy_ticks); sleep 0.3; after=$(busy_ticks)
    [ $(((after - before) * 100)) -gt $((GATE * cpus * hz * 3 / 10)) ] || return 0
  done
}

# p50, p99 and count of the latencies in pgbench's transaction logs, in microseconds.
percentiles() {
  cat "$@" 2>/dev/null | awk '{ seen[$3]++; n++; if ($3 > most) most = $3 }
    END {
      if (!n) { print "0 0 0"; exit }
      a = -1; c = 0
      for (v = 0; v <= most; v++) if (v in seen) { c += seen[v]; if (a < 0 && c >= n * .5) a = v; if (c >= n * .99) { b = v; break } }
      print a, b, n
    }'
}

# usage: scan PORT text|binary -> "MB/s p50 p99 GB client-CPU"
scan() {
  [ -x "$work/scan" ] || cc -O2 -o "$work/scan" "$here/clients/scan.c" || return 1
  TIMEFORMAT='%U %S'
  { time "$work/scan" "$1" "$2" "$USR" "$DB" "SELECT * FROM pgbench_accounts LIMIT $SCAN_ROWS" >"$work/out"; } 2>"$work/time" || { cat "$work/time" >&2; return 1; }
  awk 'NR == FNR { bytes = $1; s = $2; next } { print bytes / 1e6 / s, s * 1e6, s * 1e6, bytes / 1e9, $1 + $2 }' "$work/out" "$work/time"
}

# usage: run_one WORKLOAD HOST PORT SSLMODE -> "rate p50 p99 units client-CPU"
run_one() {
  local workload=$1 host=$2 port=$3 sslmode=$4 clients=${1#[A-Z]} args jobs=1 length=(-T "$SECS")
  case $workload in
    X) scan "$port" text; return ;;
    XB) scan "$port" binary; return ;;
    XT)
      echo "SELECT * FROM pgbench_accounts LIMIT $SCAN_ROWS;" >"$work/scan.sql"
      args=(-f "$work/scan.sql") clients=1 length=(-t 1) ;;
    S*) args=(-S) ;;
    P*) args=(-S -M prepared) ;;
    E*) args=(-S -M extended) ;;
    T*) args=() ;;
    C*) args=(-S -C) ;;
    R*) args=(-f "$here/scripts/repeated.sql") ;;
    M*) args=(-f "$here/scripts/masked.sql") ;;
    Q*) args=(-M prepared -D "scale=${SCALE:?set SCALE}" -f "$here/scripts/masked-prepared.sql") ;;
    A*) args=(-D "scale=${SCALE:?set SCALE}" -f "$here/scripts/analytic.sql") ;;
    *) echo "unknown workload $workload" >&2; exit 64 ;;
  esac
  [ "$clients" -le 8 ] || jobs=2
  rm -f "$work"/log*
  TIMEFORMAT='%U %S'
  { time PGSSLMODE=$sslmode pgbench -n -h "$host" -p "$port" -U "$USR" "${args[@]}" -c "$clients" -j $jobs "${length[@]}" \
    -l --log-prefix="$work/log" "$DB" >"$work/out" 2>"$work/err"; } 2>"$work/time"
  local tps failed
  tps=$(awk '/^tps/ { print $3 }' "$work/out")
  failed=$(awk '/^number of failed transactions/ { print $5 }' "$work/out")
  if [ -z "$tps" ] || [ "${failed:-0}" != 0 ] || grep -q aborted "$work/err"; then
    echo "$workload at $host:$port: $(grep -m1 -E 'error|aborted|fatal' "$work/err" || tail -1 "$work/err")" >&2
    tps=0
  fi
  echo "$tps $(percentiles "$work"/log*) $(awk '{ print $1 + $2 }' "$work/time")" |
    awk -v scan="$workload" -v gb="${SCAN_GB:-0.12}" 'scan == "XT" { print $1 * gb * 1000, $2, $3, gb, $5; next } { print }'
}

# One run of a target in a round, repeated while strangers disturb it; appends the line to the raw file.
measure() {
  local round=$1 workload=$2 target=$3
  local label=${target%%=*} rest=${target#*=} endpoint pid="" sslmode=disable field try
  endpoint=${rest%%,*}
  for field in ${rest//,/ }; do case $field in pid=*) pid=${field#pid=} ;; sslmode=*) sslmode=${field#sslmode=} ;; esac; done
  local cpu0 server0 busy0 start cpu1 server1 busy1 stop out line
  for ((try = 0; try <= RETRIES; try++)); do
    wait_until_quiet
    cpu0=$(tree_ticks "$pid") server0=$(tree_ticks "$SERVER") busy0=$(busy_ticks) start=$(date +%s%N)
    out=$(run_one "$workload" "${endpoint%:*}" "${endpoint##*:}" "$sslmode") || out="0 0 0 0 0"
    busy1=$(busy_ticks) cpu1=$(tree_ticks "$pid") server1=$(tree_ticks "$SERVER") stop=$(date +%s%N)
    line=$(echo "$out" | awk -v round="$round" -v workload="$workload" -v label="$label" -v cpu=$((cpu1 - cpu0)) -v server=$((server1 - server0)) \
      -v busy=$((busy1 - busy0)) -v hz="$hz" -v seconds=$(((stop - start) / 1000000)) -v cpus="$cpus" -v known="$SERVER" -v OFS='\t' '{
        foreign = known == "" ? 0 : (busy - cpu - server - $5 * hz) * 100 / hz / cpus / (seconds / 1000)
        print round, workload, label, $1, $2, $3, $4, cpu / hz, sprintf("%.1f", foreign < 0 ? 0 : foreign)
      }')
    awk -v a="${line##*$'\t'}" -v b="$FOREIGN" 'BEGIN { exit !(a <= b) }' && break
  done
  echo "$line" >>"$RAW"
}

[ -s "$RAW" ] || printf 'round\tworkload\ttarget\trate\tp50\tp99\tunits\tcpu\tforeign_pct\n' >"$RAW"
done_before=$(awk -F'\t' '$1 != "round" && $1 > most { most = $1 } END { print most + 0 }' "$RAW")
for ((round = done_before + 1; round <= done_before + ROUNDS; round++)); do
  for workload in $WORKLOADS; do
    for target in $(printf '%s\n' "$@" | shuf); do
      measure "$round" "$workload" "$target"
    done
  done
  echo "round $round done, load $(cut -d' ' -f1-3 /proc/loadavg)" >&2
done
summary "$RAW"
