using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Game.WebHdfs;

/// <summary>One try of one HTTP request, with a time limit; throws a <see cref="WebHdfsException"/> for every failure.</summary>
internal sealed class Transport(HttpMessageInvoker http, WebHdfsOptions options, TimeProvider time)
{
    /// <summary>Sends a request without a body and reads its JSON answer.</summary>
    public async Task<T> AskAsync<T>(HttpMethod method, Uri address, string what, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using TimeLimit limit = new(options.AttemptTimeout, time, cancellationToken);
        return await GuardAsync(what, address, limit, async token =>
        {
            using HttpRequestMessage request = new(method, address);
            using HttpResponseMessage response = await http.SendAsync(request, token);
            ReadOnlyMemory<byte> body = await ReadBodyAsync(response, what, token);
            return response.IsSuccessStatusCode
                ? ParseAnswer(body, type, response.StatusCode, what)
                : throw RemoteError.Read(response.StatusCode, body.Span, what);
        });
    }

    /// <summary>The first of two steps: asks the NameNode for the address of a DataNode.</summary>
    public async Task<Uri> AskForRedirectAsync(HttpMethod method, Uri address, string what, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(options.AttemptTimeout, time, cancellationToken);
        return await GuardAsync(what, address, limit, async token =>
        {
            using HttpRequestMessage request = new(method, address) { Content = method == HttpMethod.Get ? null : new ByteArrayContent([]) };
            using HttpResponseMessage response = await http.SendAsync(request, token);
            if (response.StatusCode is HttpStatusCode.TemporaryRedirect or HttpStatusCode.Redirect)
            {
                return Target(response, address, what);
            }
            ReadOnlyMemory<byte> body = await ReadBodyAsync(response, what, token);
            throw response.IsSuccessStatusCode
                ? new WebHdfsException(HdfsError.Protocol,
                    $"{what} failed: the server answered {(int)response.StatusCode} instead of the address of a DataNode.", response.StatusCode)
                : RemoteError.Read(response.StatusCode, body.Span, what);
        });
    }

    /// <summary>The second step of CREATE and APPEND: sends the bytes to the DataNode.</summary>
    public async Task SendAsync(HttpMethod method, Uri address, Stream content, string what, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(options.TransferTimeout, time, cancellationToken);
        await GuardAsync(what, address, limit, async token =>
        {
            using HttpRequestMessage request = new(method, address) { Content = new StreamContent(new UnclosedStream(content)) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            using HttpResponseMessage response = await http.SendAsync(request, token);
            if (!response.IsSuccessStatusCode)
            {
                throw RemoteError.Read(response.StatusCode, (await ReadBodyAsync(response, what, token)).Span, what);
            }
            return true;
        });
    }

    /// <summary>The second step of OPEN: returns a stream over the answer's body.</summary>
    public async Task<Stream> ReceiveAsync(Uri address, string what, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(options.AttemptTimeout, time, cancellationToken);
        return await GuardAsync(what, address, limit, async token =>
        {
            using HttpRequestMessage request = new(HttpMethod.Get, address);
            HttpResponseMessage response = await http.SendAsync(request, token);
            if (response.IsSuccessStatusCode)
            {
                return new AnswerStream(response, await response.Content.ReadAsStreamAsync(token), what, options.AttemptTimeout, time);
            }
            using (response)
            {
                throw RemoteError.Read(response.StatusCode, (await ReadBodyAsync(response, what, token)).Span, what);
            }
        });
    }

    private static async Task<T> GuardAsync<T>(string what, Uri address, TimeLimit limit, Func<CancellationToken, Task<T>> exchange)
    {
        try
        {
            return await exchange(limit.Token);
        }
        catch (OperationCanceledException e) when (limit.IsOver)
        {
            throw new WebHdfsException(HdfsError.TimedOut, $"{what} failed: {address.Authority} did not answer within {limit.Length.TotalSeconds:0.#} s.",
                inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new WebHdfsException(HdfsError.Unreachable, $"{what} failed: {address.Authority} cannot be reached: {e.GetBaseException().Message}",
                inner: e);
        }
    }

    private static Uri Target(HttpResponseMessage response, Uri asked, string what)
    {
        Uri? location = response.Headers.Location;
        if (location is null)
        {
            throw new WebHdfsException(HdfsError.Protocol, $"{what} failed: the server sent a redirect without an address.", response.StatusCode);
        }
        Uri target = location.IsAbsoluteUri ? location : new Uri(asked, location);
        bool downgrade = asked.Scheme == Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttps;
        return (target.Scheme == Uri.UriSchemeHttp || target.Scheme == Uri.UriSchemeHttps) && !downgrade
            ? target
            : throw new WebHdfsException(HdfsError.Protocol,
                $"{what} failed: the server redirects from {asked.Scheme} to {target.Scheme}://{target.Authority}, which the client does not follow.",
                response.StatusCode);
    }

    private async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpResponseMessage response, string what, CancellationToken cancellationToken)
    {
        int limit = response.IsSuccessStatusCode ? options.MaxAnswerBytes : RemoteError.MaxBodyBytes;
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        MemoryStream read = new();
        byte[] chunk = new byte[16 * 1024];
        int count;
        while (read.Length < limit && (count = await body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            await read.WriteAsync(chunk.AsMemory(0, count), cancellationToken);
        }
        return read.Length < limit || !response.IsSuccessStatusCode
            ? read.GetBuffer().AsMemory(0, (int)read.Length)
            : throw new WebHdfsException(HdfsError.Protocol, $"{what} failed: the server answered with more than {limit} bytes of JSON.", response.StatusCode);
    }

    private static T ParseAnswer<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> type, HttpStatusCode status, string what)
        where T : class
    {
        try
        {
            if (JsonSerializer.Deserialize(body.Span, type) is { } answer)
            {
                return answer;
            }
        }
        catch (JsonException)
        {
            // The exception below reports it: the body is not this operation's answer.
        }

        throw new WebHdfsException(HdfsError.Protocol,
            $"{what} failed: the server answered {(int)status}, but not as WebHDFS does: check the address of HDFS.", status);
    }
}
