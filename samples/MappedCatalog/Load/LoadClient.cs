using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using MappedCatalog.Serving;
using RouteTable.Data;

namespace MappedCatalog.Load;

/// <summary>Asks the service for random addresses, as anybody would: by HTTP.</summary>
/// <param name="http">Knows the service's address.</param>
/// <param name="random">For the addresses.</param>
internal sealed class LoadClient(HttpClient http, Random random)
{
    private const int BatchSize = 500;

    private static readonly Uri s_batch = new("/lookup", UriKind.Relative);

    /// <summary>Asks for one address. As the other two, it throws unless the answer fits what was asked.</summary>
    /// <exception cref="HttpRequestException">The service does not answer, or refuses.</exception>
    /// <exception cref="TaskCanceledException">The service does not answer in time.</exception>
    /// <exception cref="JsonException">The answer cannot be read.</exception>
    /// <exception cref="InvalidDataException">The answer does not fit what was asked.</exception>
    public async Task AskAsync()
    {
        string address = Next();
        DatedAnswer? answer = await http.GetFromJsonAsync(
            new Uri($"/lookup/{address}", UriKind.Relative), ServiceJson.Default.DatedAnswer);
        Require(answer is not null && Fits(address, answer.Address, answer.First, answer.Last));
    }

    /// <summary>Asks for many addresses at once.</summary>
    public Task AskForManyAsync()
    {
        string[] addresses = Next(BatchSize);
        return PostAsync(addresses, new StringContent(string.Join('\n', addresses), Encoding.ASCII));
    }

    /// <summary>Asks for a few addresses, of which the service gets one after the other. Until it has the last, the
    /// file from which it answers stays mapped.</summary>
    public Task AskSlowlyAsync(int count, TimeSpan pause, CancellationToken hurry)
    {
        string[] addresses = Next(count);
        return PostAsync(addresses, new SlowContent(addresses, pause, hurry));
    }

    /// <summary>Whether these are answers to those addresses, in their order.</summary>
    internal static bool Fit(IReadOnlyList<string> addresses, IReadOnlyList<Answer> answers) =>
        answers.Count == addresses.Count
        && addresses.Zip(answers).All(
            pair => Fits(pair.First, pair.Second.Address, pair.Second.First, pair.Second.Last));

    private static bool Fits(string asked, string answered, string first, string last) =>
        asked == answered && Parse(first) <= Parse(asked) && Parse(asked) <= Parse(last);

    private static uint Parse(string text) =>
        Ipv4.TryParse(Encoding.ASCII.GetBytes(text), out uint address)
            ? address
            : throw new InvalidDataException($"'{text}' is not an IPv4 address.");

    private static void Require(bool fits)
    {
        if (!fits)
        {
            throw new InvalidDataException("The answer does not fit what was asked.");
        }
    }

    private async Task PostAsync(string[] addresses, HttpContent body)
    {
        using (body)
        {
            using HttpResponseMessage response = await http.PostAsync(s_batch, body);
            response.EnsureSuccessStatusCode();
            BatchAnswer? batch = await response.Content.ReadFromJsonAsync(ServiceJson.Default.BatchAnswer);
            Require(batch is not null && Fit(addresses, batch.Answers));
        }
    }

    private string Next() => Ipv4.Format((uint)random.NextInt64(1L << 32));

    private string[] Next(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];
}
