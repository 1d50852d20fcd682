"""Prints a schemathesis configuration that knows ids and entity tags that exist.

In: the OpenAPI document, a server's address, and one bearer token a role.
Out: TOML. Every collection of the document is asked as every role; what its items
are called becomes a dictionary for the first path parameter below the collection.
A generated path takes an id from its dictionary in about half the calls and an
invented one in the others, so that both "found" and "not found" are met, and a
role meets objects that only another may see.
"""

import json
import re
import sys
import urllib.error
import urllib.request

HALF = 0.5
MOST = 0.8


def get(url, token):
    """The JSON body and the entity tag of an answer, or nothing."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer), answer.headers.get("ETag")
    except (urllib.error.URLError, ValueError):
        return None, None


def items(body):
    """The objects of a page, whatever the page calls its list."""
    if isinstance(body, list):
        lists = [body]
    elif isinstance(body, dict):
        lists = [value for value in body.values() if isinstance(value, list)]
    else:
        lists = []
    return [item for found in lists for item in found if isinstance(item, dict)]


def main(document, server, tokens):
    with open(document, encoding="utf-8") as file:
        paths = json.load(file)["paths"]
    ids = {}
    tags = set()
    for path, operations in paths.items():
        if "get" not in operations or "{" in path:
            continue
        below = [other for other in paths if other.startswith(path + "/{")]
        if not below:
            continue
        one = [other for other in below if other.endswith("}") and "get" in paths[other]]
        for token in tokens:
            body, _ = get(server + path, token)
            for item in items(body)[:20]:
                if not isinstance(item.get("id"), str):
                    continue
                ids.setdefault(path, set()).add(item["id"])
                if one:
                    _, tag = get(f"{server}{path}/{item['id']}", token)
                    tags.update([tag] if tag else [])

    # These would make a quiet pass mean nothing.
    print("[warnings]")
    print('fail-on = ["method_not_allowed", "rate_limited", "unresolvable_reference", "base_url_mismatch"]')
    for number, path in enumerate(sorted(ids)):
        print(f"[dictionaries.ids_{number}]")
        print(f"values = {json.dumps(sorted(ids[path]))}")
    if tags:
        print("[dictionaries.tags]")
        print(f"values = {json.dumps(sorted(tags))}")
        print("[parameters]")
        print(f'"header.If-Match" = {{ dictionary = "tags", probability = {MOST} }}')
    for number, path in enumerate(sorted(ids)):
        names = {re.match(re.escape(path) + r"/\{([^}]+)\}", other) for other in paths}
        for name in sorted({match[1] for match in names if match}):
            print("[[operations]]")
            print(f"include-path-regex = {json.dumps('^' + re.escape(path) + '/[{]' + name + '[}]')}")
            print("[operations.parameters]")
            print(f'"path.{name}" = {{ dictionary = "ids_{number}", probability = {HALF} }}')
    print(f"{len(ids)} collections, {sum(map(len, ids.values()))} ids, {len(tags)} entity tags", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
