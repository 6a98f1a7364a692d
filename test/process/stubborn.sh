#!/bin/sh
# A tree that is hard to end: this shell, a grandchild in a session of its own, and a double fork in another; all ignore
# TERM, and each says its pid when it is ready. With `wiped` both forget their environment on the way.
PATH=/usr/bin:/bin
trap '' TERM HUP INT
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
stay() { echo $$; exec sleep 1000; }
clean() { if [ "$mode" = wiped ]; then exec env -i "$@"; else exec "$@"; fi; }
mode=$1
case $2 in
  '')
    (clean setsid "$self" "$mode" grandchild) &
    (clean setsid "$self" "$mode" fork) &
    stay
    ;;
  fork) (clean "$self" "$mode" orphan) & ;;
  *) stay ;;
esac
