"""Time zones people can choose from."""

import zoneinfo

ZONES = sorted(
    zone
    for zone in zoneinfo.available_timezones()
    if zone == "UTC"
    or zone.split("/")[0]
    in {
        "Africa",
        "America",
        "Antarctica",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)
