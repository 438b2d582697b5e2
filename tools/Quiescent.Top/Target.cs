namespace Quiescent.Top;

/// <summary>The observed process, and its name.</summary>
internal sealed record Target(int ProcessId, string Name);
