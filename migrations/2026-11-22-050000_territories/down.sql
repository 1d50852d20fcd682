DROP TABLE territories;
