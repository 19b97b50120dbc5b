"""What Airflow is told.

Airflow says who visits: its login, its roles (`visiting`). Nothing of ours is imported before somebody comes: every
process of Airflow loads plugins, and only the api-server shows pages.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_plugin import PREFIX, ROUTE

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='{}' "
    "stroke-width='1.6' stroke-linecap='round' stroke-linejoin='round'%3E%3Cpath d='M12 3l7 3v5c0 4.6-2.9 8.4-7 10-4.1"
    "-1.6-7-5.4-7-10V6l7-3z'/%3E%3Cpath d='M9 12l2 2 4-4.5'/%3E%3C/svg%3E"
)


class RetentionPlugin(AirflowPlugin):
    """Pages, their entry in the menu, and a button on tasks."""

    name = "retention"
    external_views = [  # noqa: RUF012 -- Airflow's way of declaring
        {
            "name": "Retention",
            "href": f"{PREFIX}/",
            "destination": "nav",
            "url_route": ROUTE,
            "icon": _ICON.format("%23333"),
            "icon_dark_mode": _ICON.format("%23ddd"),
            "nav_top_level": True,
        }
    ]

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]  # made when it is asked for
        """The pages."""
        from airflow_plugin.mounting import pages  # noqa: PLC0415 -- FastAPI and the product, in the api-server only

        return [{"app": pages(), "url_prefix": PREFIX, "name": "retention"}]

    @cached_property
    def fastapi_root_middlewares(self) -> list[dict[str, Any]]:  # type: ignore[override]  # same
        """What stands before Airflow's own API."""
        from airflow_plugin.guarding import TypedGuard  # noqa: PLC0415 -- same

        return [{"middleware": TypedGuard, "name": "retention: nothing personal in forms"}]

    @property
    def global_operator_extra_links(self) -> list[Any]:  # type: ignore[override]  # same
        """The button of tasks."""
        from airflow_plugin.links import CaseLink  # noqa: PLC0415 -- not every process has the SDK loaded

        return [CaseLink()]
