"""Starts the program: `python -m supervisor.agents.phrasebook PROMPT_FILE [--faults RATE] [--seed N]`."""

import os
import sys

from supervisor.agents.phrasebook.phrasebook_program import main

sys.exit(main(sys.argv[1:], os.environ))
