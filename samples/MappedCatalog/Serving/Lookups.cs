using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using MappedCatalog.Format;
using RouteTable.Data;

namespace MappedCatalog.Serving;

/// <summary>
/// The look-ups: of one address, and of many that are posted. Each request reads one mapped file, under one section,
/// from its first look-up until its answer is written, however often it awaits and whatever is swapped meanwhile.
/// </summary>
internal sealed class Lookups(Catalog catalog, Traffic traffic, ServiceOptions options, DatedTable[] tables)
{
    /// <summary>Addresses in one posted request.</summary>
    public const int MostAddresses = 10_000;

    private const int LongestAddress = 15; // 255.255.255.255
    private const int LongestLine = 64;

    private readonly Dictionary<DateOnly, GroundTruth> _truths = options.Verify
        ? tables.ToDictionary(table => table.Date, table => new GroundTruth(table.Routes))
        : [];

    /// <summary><c>GET /lookup/{address}</c></summary>
    public async Task GetAsync(HttpContext context)
    {
        string text = (string)context.GetRouteValue("address")!;
        if (!TryParse(text, out uint address))
        {
            await ProblemAsync(context, StatusCodes.Status400BadRequest, NotAnAddress(text));
            return;
        }

        using Catalog.Section section = catalog.Read();
        DatedAnswer answer = Dated(section.File.Span, address);
        await context.Response.WriteAsJsonAsync(answer, ServiceJson.Default.DatedAnswer);
    }

    /// <summary>
    /// <c>POST /lookup</c>: an address a line. Each piece of the body is answered as it comes in, from the same file.
    /// </summary>
    public async Task PostAsync(HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(options.SectionLimit);
        using Catalog.Section section = catalog.Read();
        var batch = new Batch(this, section.File);
        try
        {
            PipeReader body = context.Request.BodyReader;
            bool more = true;
            while (more && batch.Refusal is null)
            {
                ReadResult piece = await body.ReadAsync(limit.Token);
                more = !piece.IsCompleted;
                SequencePosition consumed = batch.Answer(piece.Buffer, isLast: !more);
                body.AdvanceTo(consumed, piece.Buffer.End);
            }
        }
        catch (BadHttpRequestException refused)
        {
            await ProblemAsync(context, refused.StatusCode, refused.Message);
            return;
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            string reason = $"The addresses took longer than {options.SectionLimit.TotalSeconds} s to come in.";
            await ProblemAsync(context, StatusCodes.Status408RequestTimeout, reason);
            return;
        }

        if (batch.Refusal is var (status, problem))
        {
            await ProblemAsync(context, status, problem);
            return;
        }

        await context.Response.WriteAsJsonAsync(batch.Result(), ServiceJson.Default.BatchAnswer, cancellationToken: limit.Token);
    }

    private static async Task ProblemAsync(HttpContext context, int status, string detail) =>
        await TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context);

    private static string NotAnAddress(string text) =>
        $"'{text}' is not an IPv4 address: four numbers from 0 to 255, with dots between them.";

    private static bool TryParse(string text, out uint address)
    {
        address = 0;
        return text.Length <= LongestAddress && Ipv4.TryParse(Encoding.UTF8.GetBytes(text), out address);
    }

    private static string Text(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private DatedAnswer Dated(ReadOnlySpan<byte> file, uint address)
    {
        CatalogView view = CatalogView.Open(file);
        Answer answer = Find(view, address);
        return new DatedAnswer(
            answer.Address, answer.Prefix, answer.First, answer.Last, answer.Origin, Text(view.Date), view.Edition);
    }

    private Answer Find(CatalogView view, uint address)
    {
        Match match = view.Find(address);
        traffic.CountLookup(right: !options.Verify || _truths[view.Date].Agrees(address, match));
        Prefix? prefix = match.Prefix;
        return new Answer(
            Ipv4.Format(address),
            prefix?.ToString(),
            Ipv4.Format(match.First),
            Ipv4.Format(match.Last),
            prefix is null ? null : match.Origin);
    }

    /// <summary>The answers to a posted body, of which it is given piece after piece.</summary>
    private sealed class Batch(Lookups lookups, ReadOnlyMemory<byte> file)
    {
        private readonly List<Answer> _answers = [];
        private int _line;

        /// <summary>Why the body cannot be answered; null as long as it can.</summary>
        public (int Status, string Reason)? Refusal { get; private set; }

        /// <summary>Answers all lines that are complete; what is left belongs to the next piece.</summary>
        public SequencePosition Answer(ReadOnlySequence<byte> piece, bool isLast)
        {
            CatalogView view = CatalogView.Open(file.Span);
            var reader = new SequenceReader<byte>(piece);
            while (Refusal is null && reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
            {
                AnswerLine(view, line);
            }

            if (Refusal is null && isLast && !reader.End)
            {
                AnswerLine(view, reader.UnreadSequence);
                reader.AdvanceToEnd();
            }
            else if (reader.Remaining > LongestLine)
            {
                Refuse(StatusCodes.Status400BadRequest, $"Line {_line + 1} is longer than {LongestLine} bytes.");
            }

            return reader.Position;
        }

        public BatchAnswer Result()
        {
            CatalogView view = CatalogView.Open(file.Span);
            return new BatchAnswer(Text(view.Date), view.Edition, _answers);
        }

        private void AnswerLine(CatalogView view, ReadOnlySequence<byte> line)
        {
            _line++;
            if (line.Length > LongestLine)
            {
                Refuse(StatusCodes.Status400BadRequest, $"Line {_line} is longer than {LongestLine} bytes.");
                return;
            }

            Span<byte> text = stackalloc byte[LongestLine];
            line.CopyTo(text);
            text = text[..(int)line.Length].Trim(" \t\r"u8);
            if (text.IsEmpty)
            {
                return;
            }

            if (!Ipv4.TryParse(text, out uint address))
            {
                Refuse(StatusCodes.Status400BadRequest, $"Line {_line}: {NotAnAddress(Encoding.UTF8.GetString(text))}");
            }
            else if (_answers.Count == MostAddresses)
            {
                Refuse(StatusCodes.Status413PayloadTooLarge, $"There are more than {MostAddresses} addresses.");
            }
            else
            {
                _answers.Add(lookups.Find(view, address));
            }
        }

        private void Refuse(int status, string reason) => Refusal ??= (status, reason);
    }
}
