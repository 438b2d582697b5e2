namespace MappedCatalog.Load;

/// <summary><c>POST /load?on=true</c> and <c>on=false</c>.</summary>
internal static class LoadSwitch
{
    public static void Map(WebApplication app, LoadGenerator load) =>
        app.MapPost("/load", (RequestDelegate)(context => SwitchAsync(context, load)));

    private static async Task SwitchAsync(HttpContext context, LoadGenerator load)
    {
        if (!IsFromHere(context.Request))
        {
            await ProblemAsync(
                context, StatusCodes.Status403Forbidden, "Only the service's own page may switch the load.");
            return;
        }

        if (!bool.TryParse(context.Request.Query["on"], out bool on))
        {
            await ProblemAsync(context, StatusCodes.Status400BadRequest, "Say ?on=true or ?on=false.");
            return;
        }

        if (on)
        {
            load.SwitchOn();
        }
        else
        {
            await load.SwitchOffAsync();
        }

        await context.Response.WriteAsJsonAsync(load.Read(), Serving.ServiceJson.Default.LoadStatistics);
    }

    // Browsers say which page asks. Other clients do not, and are no page that somebody was lured to.
    private static bool IsFromHere(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none";

    private static async Task ProblemAsync(HttpContext context, int status, string detail) =>
        await TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context);
}
