#!/bin/sh
# A worker in POSIX shell: one tool without arguments. See ../worker-protocol.md.
# It looks at the beginning of a line instead of parsing it: the protocol fixes the order of the fields.

beat() {
  while sleep 1; do echo '{"type":"beat"}'; done
}

echo '{"type":"ready","kind":"clock","pid":'$$',"tools":[{"name":"now","description":"The time in UTC.","read_only":true}]}'
beat &

while IFS= read -r line; do
  case $line in
    '{"type":"job",'*)
      id=${line#*\"id\":}
      id=${id%%,*}
      if time=$(date -u +%Y-%m-%dT%H:%M:%SZ); then
        echo '{"type":"done","id":'"$id"',"result":"'"$time"'"}'
      else
        echo '{"type":"failed","id":'"$id"',"code":"no_date","message":"date does not work here."}'
      fi
      ;;
    '{"type":"drain"'*) break ;;
  esac
done
kill $!
