"""What the real Python makes of JSON texts: the reference for python.ts and python-write.ts.

Reads {"cases": [{"text": ...}, ...]} from standard input and writes the same with "dumps" beside each text:
json.dumps(json.loads(text), sort_keys=True), or null where json.loads refuses. To renew the committed vectors:

    python3 src/verify/seed/testing/oracle.py < docs/vectors/python-json.json
"""

import json
import platform
import sys


def dumps(text):
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return None


document = json.load(sys.stdin)
document["python"] = platform.python_version()
for case in document["cases"]:
    case["dumps"] = dumps(case["text"])
json.dump(document, sys.stdout, indent=2)
print()
