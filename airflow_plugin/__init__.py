"""Our pages inside Airflow's own: a plugin that Airflow finds by itself where the package is installed.

    http://AIRFLOW/plugin/retention      "Retention" in the menu: the list of cases
    a task's button "Case"               from a run to its case; the case's page leads back to its runs

plugin    what Airflow is told
mounting  the pages, with Airflow's login before them and the workspace behind
visiting  who visits, and what he may here
runs      runs and their cases
links     the button
guarding  before Airflow's API: nothing personal is typed into Airflow about our DAGs
typed     what may be
"""

PREFIX = "/retention"
"""Where the pages are mounted."""
ROUTE = "retention"
"""What Airflow calls the view that frames them."""
