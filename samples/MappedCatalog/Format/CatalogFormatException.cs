namespace MappedCatalog.Format;

/// <summary>Bytes that are no catalog, or a damaged one; the message says what is wrong, and where.</summary>
internal sealed class CatalogFormatException(string reason) : Exception(reason);
