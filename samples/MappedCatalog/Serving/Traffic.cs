namespace MappedCatalog.Serving;

/// <summary>Counts requests and look-ups.</summary>
internal sealed class Traffic(ServiceOptions options)
{
    private long _requests;
    private long _failed;
    private long _refused;
    private long _aborted;
    private long _lookups;
    private long _wrong;

    /// <summary>Whether look-ups are compared with the table in memory.</summary>
    public bool Verifies => options.Verify;

    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Answered with 500 or above, or not at all, by the service's fault.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Answered with 400 to 499: the client's fault.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Given up by the client before the answer was complete.</summary>
    public long Aborted => Interlocked.Read(ref _aborted);

    public long Lookups => Interlocked.Read(ref _lookups);

    /// <summary>Look-ups that the table in memory answers otherwise; none are found unless they are compared.</summary>
    public long Wrong => Interlocked.Read(ref _wrong);

    public void CountLookup(bool right)
    {
        Interlocked.Increment(ref _lookups);
        if (!right)
        {
            Interlocked.Increment(ref _wrong);
        }
    }

    /// <summary>The outermost middleware: sees how each request ends.</summary>
    public async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            await next(context);
            Tally(context, context.Response.StatusCode);
        }
        catch
        {
            Tally(context, StatusCodes.Status500InternalServerError);
            throw;
        }
    }

    private void Tally(HttpContext context, int status)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            Interlocked.Increment(ref _aborted);
        }
        else if (status >= StatusCodes.Status500InternalServerError)
        {
            Interlocked.Increment(ref _failed);
        }
        else if (status >= StatusCodes.Status400BadRequest)
        {
            Interlocked.Increment(ref _refused);
        }
    }
}
