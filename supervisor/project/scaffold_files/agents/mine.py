import json, os, sys
items = json.load(open(os.environ["SUPERVISOR_INPUT_FILE"]))["items"]
json.dump({i: {"square": p["n"] ** 2} for i, p in items.items()}, open(sys.argv[2], "w"))
