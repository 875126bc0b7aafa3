#!/usr/bin/env bash
# gRPC's own interop client, as the package ruby-grpc ships it, against tests/LogWatcher.InteropServer: every case that needs no
# account in a cloud, without TLS and with it. Needs ruby-grpc and ruby-googleauth.
# Usage: interop.sh COMMAND... where COMMAND starts the server.
set -u

folder=$(ruby -e 'puts Gem::Specification.find_by_name("grpc").gem_dir')/src/ruby
client=$folder/pb/test/client.rb
[ -f "$client" ] || { echo "the package of grpc for Ruby ships no interop client: $client is missing"; exit 1; }
certificates=$folder/spec/testdata

# What the client itself knows, so that a case which a later version brings is not forgotten.
needs_a_cloud='all|service_account_creds|jwt_token_creds|compute_engine_creds|oauth2_auth_token|per_rpc_creds'
cases=$(ruby -e 'load ARGV[0]; puts NamedTests.instance_methods(false)' "$client" | grep -vxE "$needs_a_cloud" | sort)
[ "$(wc -l <<< "$cases")" -ge 15 ] || { echo "expected 15 cases or more, the client names: $cases"; exit 1; }

coproc SERVER { exec "$@" --listen http://127.0.0.1:0 --listen https://127.0.0.1:0 \
  --cert "$certificates/server1.pem" --key "$certificates/server1.key" 2>&1; }
server=$SERVER_PID
trap 'kill "$server"; wait "$server"' EXIT
ports=()
while [ ${#ports[@]} -lt 2 ] && read -r line <&"${SERVER[0]}"; do
  case $line in *"listening on "*) ports+=("${line##*:}") ;; *) echo "the server says: $line" ;; esac
done
[ ${#ports[@]} -eq 2 ] || { echo "the server does not listen"; exit 1; }

failed=0
run() {
  local case=$1 kind=$2
  shift 2
  local output
  if output=$(timeout 60 ruby "$client" --server_host=127.0.0.1 --test_case="$case" "$@" 2>&1) && [[ $output == *"OK: $case"* ]]; then
    echo "passed: $case, $kind"
  else
    echo "FAILED: $case, $kind: $output"
    failed=$((failed + 1))
  fi
}

for case in $cases; do
  run "$case" "without TLS" --server_port="${ports[0]}" --use_tls=false
  run "$case" "with TLS" --server_port="${ports[1]}" --use_tls=true --use_test_ca=true --server_host_override=foo.test.google.fr
done
[ "$failed" -eq 0 ]
