#!/usr/bin/env python3
"""Writes an OCI image from scratch: build.py FILE VERSION COMMIT amd64=BINARY arm64=BINARY

The archive is an OCI layout, for `skopeo copy` and `docker load`. The same input gives the same bytes.
"""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import time

ID = 65532
TIME = int(os.environ["SOURCE_DATE_EPOCH"])
# Public authorities, for mail servers and databases that are reached by TLS.
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


def entry(name: str, mode: int, owner: int = 0, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode, info.uid, info.gid, info.type, info.size, info.mtime = mode, owner, owner, kind, size, TIME
    return info


def archive(files: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in files:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def layer(binary: bytes) -> bytes:
    with open(AUTHORITIES, "rb") as file:
        authorities = file.read()
    folder = tarfile.DIRTYPE
    return archive(
        [
            (entry("etc/", 0o755, kind=folder), b""),
            (entry("etc/group", 0o644), b"root:x:0:\nbifrons:x:%d:\n" % ID),
            (entry("etc/passwd", 0o644), b"root:x:0:0:root:/:\nbifrons:x:%d:%d:Bifrons:/data:\n" % (ID, ID)),
            # The working directory: `bifrons.toml` may be mounted into it.
            (entry("etc/bifrons/", 0o755, kind=folder), b""),
            (entry("etc/ssl/", 0o755, kind=folder), b""),
            (entry("etc/ssl/certs/", 0o755, kind=folder), b""),
            (entry("etc/ssl/certs/ca-certificates.crt", 0o644), authorities),
            (entry("data/", 0o700, owner=ID, kind=folder), b""),
            (entry("usr/", 0o755, kind=folder), b""),
            (entry("usr/bin/", 0o755, kind=folder), b""),
            (entry("usr/bin/bifrons", 0o755), binary),
        ]
    )


class Layout:
    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def add(self, media_type: str, content: bytes) -> dict:
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": f"sha256:{digest}", "size": len(content)}

    def add_json(self, media_type: str, value: dict) -> dict:
        return self.add(media_type, json.dumps(value, separators=(",", ":")).encode())

    def files(self, index: dict) -> list[tuple[tarfile.TarInfo, bytes]]:
        blobs = [(entry(f"blobs/sha256/{digest}", 0o644), self.blobs[digest]) for digest in sorted(self.blobs)]
        return [
            (entry("blobs/", 0o755, kind=tarfile.DIRTYPE), b""),
            (entry("blobs/sha256/", 0o755, kind=tarfile.DIRTYPE), b""),
            *blobs,
            (entry("index.json", 0o644), json.dumps(index).encode()),
            (entry("oci-layout", 0o644), b'{"imageLayoutVersion":"1.0.0"}'),
        ]


def manifest(layout: Layout, architecture: str, binary: bytes, labels: dict) -> dict:
    content = layer(binary)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(TIME))
    config = {
        "architecture": architecture,
        "os": "linux",
        "created": created,
        "config": {
            "User": f"{ID}:{ID}",
            "WorkingDir": "/etc/bifrons",
            "Entrypoint": ["/usr/bin/bifrons"],
            "Env": ["PATH=/usr/bin", "BIFRONS_LISTEN=0.0.0.0:3000", "BIFRONS_DATA_DIR=/data"],
            "ExposedPorts": {"3000/tcp": {}},
            "Volumes": {"/data": {}},
            "StopSignal": "SIGTERM",
            "Labels": labels,
            # Not of the specification: Docker and Podman read it.
            "Healthcheck": {"Test": ["CMD", "/usr/bin/bifrons", "health"], "Interval": 10_000_000_000, "Timeout": 6_000_000_000},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(content).hexdigest()}"]},
        "history": [{"created": created, "created_by": "packaging/image/build.py"}],
    }
    described = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": layout.add_json("config.v1+json", config),
        "layers": [layout.add("layer.v1.tar+gzip", gzip.compress(content, 9, mtime=TIME))],
        "annotations": labels,
    }
    return {
        **layout.add_json("manifest.v1+json", described),
        "platform": {"os": "linux", "architecture": architecture},
    }


def main(out: str, version: str, commit: str, *carried: str) -> None:
    labels = {
        "org.opencontainers.image.title": "bifrons",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.revision": commit,
        "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
    }
    layout = Layout()
    manifests = []
    for architecture, path in (one.split("=", 1) for one in carried):
        with open(path, "rb") as file:
            manifests.append(manifest(layout, architecture, file.read(), labels))
    images = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests}
    # The second is the name that `docker load` gives it.
    reference = {
        "org.opencontainers.image.ref.name": version,
        "io.containerd.image.name": f"docker.io/library/bifrons:{version}",
    }
    top = {**layout.add_json("index.v1+json", images), "annotations": reference}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [top]}
    with open(out, "wb") as file:
        file.write(archive(layout.files(index)))


if __name__ == "__main__":
    main(*sys.argv[1:])
