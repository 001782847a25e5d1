"""Agent sessions as processes: PTY, workspace, output watching and reading, process tree, transcript."""
