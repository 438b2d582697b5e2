using System.Text.Json.Serialization;

namespace Quiescent.Claims.Subject;

// The output of the program, as one line of JSON.

/// <summary>One way to reclaim, timed in rounds in which all ways take turns.</summary>
internal sealed record Timing(Way Way, double[] NanosecondsPerBlock);

/// <summary>The bytes of machine code of the methods named Class.Method; more than one for instantiations.</summary>
internal sealed record MethodBytes(string Name, uint[] Bytes);

[JsonSerializable(typeof(Timing[]))]
[JsonSerializable(typeof(MethodBytes[]))]
internal sealed partial class AnswersJson : JsonSerializerContext;
