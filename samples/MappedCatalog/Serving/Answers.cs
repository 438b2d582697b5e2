using System.Text.Json.Serialization;
using MappedCatalog.Running;

namespace MappedCatalog.Serving;

/// <param name="Address">As asked for.</param>
/// <param name="Prefix">The longest prefix that covers the address; null where none does.</param>
/// <param name="First">The first of the addresses around it that have the same longest match.</param>
/// <param name="Last">The last of them.</param>
/// <param name="Origin">The number of the autonomous system that announces the prefix; null where there is
/// none.</param>
internal sealed record Answer(string Address, string? Prefix, string First, string Last, uint? Origin);

/// <summary>An <see cref="Answer"/> with the table that it is from.</summary>
/// <param name="Table">The table's date.</param>
/// <param name="Edition">The file, counted from 1: two files of one date differ in it.</param>
internal sealed record DatedAnswer(
    string Address, string? Prefix, string First, string Last, uint? Origin, string Table, long Edition);

/// <summary>Answers that are all from one file.</summary>
internal sealed record BatchAnswer(string Table, long Edition, IReadOnlyList<Answer> Answers);

/// <summary>Generated at compile time, without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = false, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DatedAnswer))]
[JsonSerializable(typeof(BatchAnswer))]
[JsonSerializable(typeof(ServiceStatistics))]
[JsonSerializable(typeof(TimelinePart))]
[JsonSerializable(typeof(RunResult))]
internal sealed partial class ServiceJson : JsonSerializerContext;
