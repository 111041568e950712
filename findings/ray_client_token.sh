#!/usr/bin/env bash
# Ray's client shows its token only if RAY_AUTH_MODE was set before the import, and tells of a timeout where it is not let in.
#
# Guess:    RAY_AUTH_TOKEN is what a client needs: token authentication is announced as the default since 2.59. A cluster that
#           refuses a client raises an error of authentication: Ray has one, ray.exceptions.AuthenticationError.
# Happens:  without RAY_AUTH_MODE=token in the environment when ray is imported, the client is not let in, though its token is the
#           right one. As with another token it tries three times, up to half a minute, and raises ConnectionError, "ray client
#           connection timeout", with a warning to see that the port can be reached.
# Source:   Ray's page "Ray token authentication" (what has to be set, and what is raised); ray/util/client/worker.py.
set -euo pipefail

folder=$(mktemp -d /tmp/ray.XXXX)
head=
trap '[ -z "$head" ] || kill -9 -- -"$head" 2>/dev/null; sleep 1; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'ray[client]==2.60.0'
export RAY_AUTH_MODE=token RAY_CLIENT_INITIAL_CONNECTION_TIMEOUT_S=2
right=of-this-cluster-0123456789abcdef0123456789

RAY_AUTH_TOKEN=$right setsid "$folder/venv/bin/ray" start --head --block --node-ip-address 127.0.0.1 --port 6391 \
    --ray-client-server-port 9931 --include-dashboard=false --disable-usage-stats --num-cpus 1 --temp-dir "$folder/s" \
    --object-store-memory 100000000 >"$folder/head.log" 2>&1 &
head=$!
disown
for _ in $(seq 120); do
    grep -q "Ray runtime started" "$folder/head.log" && break
    sleep 1
done

cat >"$folder/connect.py" <<'PYTHON'
import os
import sys
import time
import warnings

when, token = sys.argv[1:]
if when == "before":
    os.environ["RAY_AUTH_TOKEN"] = token
import ray

if when == "after":
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token)
warnings.simplefilter("ignore")
for _ in range(3):  # a server that has just started refuses the first ones
    began = time.monotonic()
    try:
        ray.init("ray://127.0.0.1:9931", log_to_driver=False)
        print(f"in, {ray.get(ray.put(1))}")
        break
    except ConnectionError as error:
        last = error
else:
    print(f"{type(last).__name__}: {str(last).splitlines()[0]}, after {time.monotonic() - began:.0f} s")
PYTHON

"$folder/venv/bin/python" -c 'import ray; print("ray", ray.__version__)'
first=$("$folder/venv/bin/python" "$folder/connect.py" before "$right" 2>/dev/null)
wrong=$("$folder/venv/bin/python" "$folder/connect.py" before "of-another-cluster-0123456789abcdef01234567" 2>/dev/null)
alone=$(env -u RAY_AUTH_MODE "$folder/venv/bin/python" "$folder/connect.py" before "$right" 2>/dev/null)
late=$(env -u RAY_AUTH_MODE "$folder/venv/bin/python" "$folder/connect.py" after "$right" 2>/dev/null)
echo "  the token, set before the import: $first"
echo "  another token:                    $wrong"
echo "  the token without RAY_AUTH_MODE:  $alone"
echo "  both, set after the import:       $late"
timeout="ConnectionError: ray client connection timeout"
case "$first|$wrong|$alone|$late" in
    "in, 1|$timeout"*"|$timeout"*"|$timeout"*) ;;
    *) echo "Changed: a token is no longer read and refused as described." && exit 1 ;;
esac
