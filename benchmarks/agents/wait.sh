#!/bin/sh
# An agent that waits until its gate opens, copies the prepared answer, and ends.
read -r _ < "$1/${2##*/}.gate"
read -r answer < "$1/${2##*/}"
printf '%s\n' "$answer" > "$2"
