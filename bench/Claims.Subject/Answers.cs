using System.Text.Json.Serialization;

namespace Quiescent.Claims.Subject;

// What the program prints, one line of JSON.

/// <summary>One way of reclaiming, timed in rounds in which all ways took turns.</summary>
internal sealed record Timing(ReclaimPath Path, int Methods, Word Word, double[] NanosecondsPerBlock);

/// <summary>The bytes of machine code of the methods named Namespace.Class.Method; more than one for
/// instantiations.</summary>
internal sealed record MethodBytes(string Name, uint[] Bytes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Timing[]))]
[JsonSerializable(typeof(MethodBytes[]))]
internal sealed partial class AnswersJson : JsonSerializerContext;
