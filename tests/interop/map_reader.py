"""A program of its own: what GDAL (pyogrio) and GEOS (shapely) make of a map file, as JSON. map_reader.py FILE"""

from __future__ import annotations

import json
import sys

import pyogrio.raw
import shapely


def main(path: str) -> None:
    """Print driver, reference system, and each feature's fields, kind, validity, bounds."""
    meta, _, geometries, columns = pyogrio.raw.read(path)
    features = []
    for number, raw in enumerate(geometries):
        shape = None if raw is None else shapely.from_wkb(raw)
        features.append(
            {
                "fields": {
                    str(name): None if (value := column[number]) is None else str(value)
                    for name, column in zip(meta["fields"], columns, strict=True)
                },
                "kind": None if shape is None else shape.geom_type,
                "valid": None if shape is None else bool(shape.is_valid),
                "parts": 0 if shape is None else int(shapely.get_num_geometries(shape)),
                "bounds": None if shape is None else list(shape.bounds),
            }
        )
    json.dump({"driver": pyogrio.read_info(path)["driver"], "crs": meta["crs"], "features": features}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
