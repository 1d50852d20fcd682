//! Imports, on both databases: what a file does, what it leaves alone, and what each poisoned file is told.
//!
//! In go CSV and GeoJSON texts; out come reports and refusals. Every test opens fresh databases.
//! Deliberately absent: the importer's cells and encodings one by one, which its own modules test.

mod common;

#[path = "import/command_line.rs"]
mod command_line;
#[path = "import/deals.rs"]
mod deals;
#[path = "import/first.rs"]
mod first;
#[path = "import/killed.rs"]
mod killed;
#[path = "import/mappings.rs"]
mod mappings;
#[path = "import/packed.rs"]
mod packed;
#[path = "import/places.rs"]
mod places;
#[path = "import/poisoned.rs"]
mod poisoned;
#[path = "import/round_trip.rs"]
mod round_trip;
#[path = "import/rows.rs"]
mod rows;
#[path = "import/territories.rs"]
mod territories;
