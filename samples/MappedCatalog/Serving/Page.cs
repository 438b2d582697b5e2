using System.Net.Mime;

namespace MappedCatalog.Serving;

/// <summary>The page and what belongs to it, out of the program's own file.</summary>
internal static class Page
{
    // Nothing from elsewhere, nothing inline but the icon.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'self'";

    public static void Map(WebApplication app)
    {
        Map(app, "/", "index.html", MediaTypeNames.Text.Html);
        Map(app, "/page.css", "page.css", MediaTypeNames.Text.Css);
        Map(app, "/page.js", "page.js", MediaTypeNames.Text.JavaScript);
        Map(app, "/timeline.js", "timeline.js", MediaTypeNames.Text.JavaScript);
    }

    private static void Map(WebApplication app, string path, string resource, string type)
    {
        byte[] content = Read(resource);
        app.MapGet(path, (RequestDelegate)(context =>
        {
            context.Response.ContentType = type + "; charset=utf-8";
            context.Response.ContentLength = content.Length;
            context.Response.Headers.CacheControl = "no-cache";
            context.Response.Headers.ContentSecurityPolicy = Policy;
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask();
        }));
    }

    private static byte[] Read(string resource)
    {
        using Stream stream = typeof(Page).Assembly.GetManifestResourceStream(resource)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
