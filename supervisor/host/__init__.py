"""The machine, whatever it is used for: processes, control groups, files, clocks."""
