"""Pages for those who work on cases and those who check them: server-rendered and read-only.

    application  the routes, and who may come in; where it is mounted brings the guard (Airflow's login, say)
    listing      the list of cases
    case         the page of one case
    parts        what pages are made of
    words        what they say, in Japanese and English
    style        how they look

People are case numbers here. Nothing is changed over a page: every route is a GET.
"""
