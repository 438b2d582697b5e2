namespace RouteTable.Data;

/// <summary>A route file that cannot be used, with the place and the reason in its message.</summary>
internal sealed class RouteFileException : Exception
{
    public RouteFileException(string file, string reason, Exception? inner = null)
        : base($"{file}: {reason}", inner)
    {
    }

    public RouteFileException(string file, int line, string reason)
        : base($"{file}:{line}: {reason}")
    {
        Line = line;
    }

    /// <summary>The line at fault, from 1; 0 when it is the file as a whole.</summary>
    public int Line { get; }
}
