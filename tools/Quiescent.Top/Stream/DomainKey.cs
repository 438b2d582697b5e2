namespace Quiescent.Top.Stream;

// Several domains may have one name; the number is a domain's own within its process.
internal readonly record struct DomainKey(long Id, string Name);
