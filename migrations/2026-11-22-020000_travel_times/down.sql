DROP TABLE travel_times;
DROP TABLE travel_maps;
