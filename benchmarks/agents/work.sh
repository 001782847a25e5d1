#!/bin/sh
# An agent that works for as long as the file beside the prepared answer says, then copies the answer.
read -r seconds < "$1/${2##*/}.seconds"
sleep "$seconds"
read -r answer < "$1/${2##*/}"
printf '%s\n' "$answer" > "$2"
