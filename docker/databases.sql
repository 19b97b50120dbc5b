-- The company's databases beside Airflow's own. Run once, by PostgreSQL's image, when its volume is empty.
CREATE DATABASE app;
CREATE DATABASE app_restored;
