#!/bin/sh
# An agent that costs next to nothing: it copies the prepared answer that has the output file's name.
read -r answer < "$1/${2##*/}"
printf '%s\n' "$answer" > "$2"
