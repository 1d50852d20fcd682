-- What routing servers have said, so that a run asks only what is new. Both tables can be emptied at any time.

-- What the ways were asked of and how: the source, the date of its map ('' where it tells none), and the terms (server,
-- vehicle, limits). The id is a hash of the three.
CREATE TABLE travel_maps (
    id BIGINT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL CHECK (source IN ('osrm', 'valhalla', 'graphhopper')),
    map_date TEXT NOT NULL,
    terms TEXT NOT NULL,
    last_used_at TIMESTAMP NOT NULL
);

-- One way. A place is rounded to a ten-thousandth of a degree: (lat + 90) * 10^4 * 4,000,000 + (lon + 180) * 10^4.
-- Without a foreign key: PostgreSQL would look each of 100,000 rows up, and a way without its map is only never found.
CREATE TABLE travel_times (
    map_id BIGINT NOT NULL,
    from_place BIGINT NOT NULL,
    to_place BIGINT NOT NULL,
    way TEXT NOT NULL CHECK (way IN ('takes', 'off_the_road', 'too_far', 'none')),
    deciseconds BIGINT,
    asked_at TIMESTAMP NOT NULL,
    PRIMARY KEY (map_id, from_place, to_place),
    CHECK ((way = 'takes') = (deciseconds IS NOT NULL))
);
