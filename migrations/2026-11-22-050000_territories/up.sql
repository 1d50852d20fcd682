-- Drawn territories by the name that reps' territories call them; the shape is compressed JSON.
CREATE TABLE territories (
    name TEXT NOT NULL PRIMARY KEY,
    shape BYTEA NOT NULL
);
