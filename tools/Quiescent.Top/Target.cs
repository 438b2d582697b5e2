namespace Quiescent.Top;

/// <summary>The observed process, and what it is called.</summary>
internal sealed record Target(int ProcessId, string Name);
