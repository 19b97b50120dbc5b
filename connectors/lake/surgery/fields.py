"""Field numbers of Parquet's structs, from parquet.thrift of Apache Parquet's format, 2.12."""

from __future__ import annotations

from typing import Final


class File:
    """FileMetaData."""

    SCHEMA: Final = 2
    ROWS: Final = 3
    GROUPS: Final = 4
    METADATA: Final = 5
    ORDERS: Final = 7
    ENCRYPTION: Final = 8


class Element:
    """SchemaElement."""

    TYPE: Final = 1
    LENGTH: Final = 2
    REPETITION: Final = 3
    NAME: Final = 4
    CHILDREN: Final = 5
    CONVERTED: Final = 6
    LOGICAL: Final = 10


class Group:
    """RowGroup."""

    CHUNKS: Final = 1
    BYTES: Final = 2
    ROWS: Final = 3
    SORTING: Final = 4
    OFFSET: Final = 5
    COMPRESSED: Final = 6
    ORDINAL: Final = 7


class Chunk:
    """ColumnChunk."""

    PATH: Final = 1
    OFFSET: Final = 2
    META: Final = 3
    OFFSET_INDEX: Final = 4
    OFFSET_INDEX_LENGTH: Final = 5
    COLUMN_INDEX: Final = 6
    COLUMN_INDEX_LENGTH: Final = 7
    CRYPTO: Final = 8
    ENCRYPTED: Final = 9


class Meta:
    """ColumnMetaData."""

    TYPE: Final = 1
    ENCODINGS: Final = 2
    PATH: Final = 3
    CODEC: Final = 4
    VALUES: Final = 5
    UNCOMPRESSED: Final = 6
    COMPRESSED: Final = 7
    DATA: Final = 9
    INDEX: Final = 10
    DICTIONARY: Final = 11
    STATISTICS: Final = 12
    ENCODING_STATS: Final = 13
    BLOOM: Final = 14
    BLOOM_LENGTH: Final = 15
    SIZES: Final = 16
    GEOSPATIAL: Final = 17


class Stats:
    """Statistics."""

    MAX_OLD: Final = 1
    MIN_OLD: Final = 2
    NULLS: Final = 3
    DISTINCT: Final = 4
    MAX: Final = 5
    MIN: Final = 6
    MAX_EXACT: Final = 7
    MIN_EXACT: Final = 8


class Header:
    """PageHeader."""

    TYPE: Final = 1
    UNCOMPRESSED: Final = 2
    COMPRESSED: Final = 3
    CRC: Final = 4
    DATA: Final = 5
    DICTIONARY: Final = 7
    DATA_V2: Final = 8


class Data:
    """DataPageHeader."""

    VALUES: Final = 1
    ENCODING: Final = 2
    DEFINITION: Final = 3
    REPETITION: Final = 4
    STATISTICS: Final = 5


class DataV2:
    """DataPageHeaderV2."""

    VALUES: Final = 1
    NULLS: Final = 2
    ROWS: Final = 3
    ENCODING: Final = 4
    DEFINITION_BYTES: Final = 5
    REPETITION_BYTES: Final = 6
    COMPRESSED: Final = 7
    STATISTICS: Final = 8


class Dictionary:
    """DictionaryPageHeader."""

    VALUES: Final = 1
    ENCODING: Final = 2
    SORTED: Final = 3


class OffsetIndex:
    """OffsetIndex, and PageLocation within it."""

    PAGES: Final = 1
    OFFSET: Final = 1
    SIZE: Final = 2
    FIRST_ROW: Final = 3


class ColumnIndex:
    """ColumnIndex."""

    NULL_PAGES: Final = 1
    MIN: Final = 2
    MAX: Final = 3
    ORDER: Final = 4
    NULLS: Final = 5


class Physical:
    """Type."""

    BOOLEAN: Final = 0
    INT32: Final = 1
    INT64: Final = 2
    INT96: Final = 3
    FLOAT: Final = 4
    DOUBLE: Final = 5
    BYTES: Final = 6
    FIXED: Final = 7


class Encoding:
    """Encoding."""

    PLAIN: Final = 0
    PLAIN_DICTIONARY: Final = 2
    RLE: Final = 3
    DELTA_BINARY: Final = 5
    DELTA_LENGTH: Final = 6
    DELTA_BYTES: Final = 7
    RLE_DICTIONARY: Final = 8
    STREAM_SPLIT: Final = 9


class PageType:
    """PageType."""

    DATA: Final = 0
    DICTIONARY: Final = 2
    DATA_V2: Final = 3


WIDTHS: Final = {
    Physical.INT32: 4,
    Physical.INT64: 8,
    Physical.INT96: 12,
    Physical.FLOAT: 4,
    Physical.DOUBLE: 8,
}
"""Bytes of one plain value, for types of one width."""

CODECS: Final[dict[int, str | None]] = {
    0: None,
    1: "snappy",
    2: "gzip",
    4: "brotli",
    5: "lz4",
    6: "zstd",
    7: "lz4_raw",
}
"""Names of compression as Arrow has them; LZO (3) has been read by no library for years."""

LZ4_OLD: Final = 5
"""The framing of Hadoop's LZ4: read, never written; what is new is LZ4_RAW."""
LZ4_RAW: Final = 7
