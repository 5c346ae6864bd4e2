using Microsoft.AspNetCore.Http.Features;

namespace Game.LocalWebHdfs;

/// <summary>Runs the operation of an HTTP request, and answers the errors of the disk as Hadoop's errors.</summary>
internal sealed class Gateway(Operations operations, ILogger<Gateway> log)
{
    private const string Prefix = "/webhdfs/v1";
    private const string Nowhere = "/..";

    public async Task HandleAsync(HttpContext context)
    {
        Parameters parameters = new(context.Request.Query);
        // The raw target, because the framework would resolve "a/../b" to another path and leave %2F encoded.
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        Fault? fault = HdfsPath.TryParse(PathIn(target), out HdfsPath path);
        Exchange exchange = new(context, path, parameters);
        string method = context.Request.Method;
        if (parameters.Operation is not { } operation)
        {
            fault = Fault.Unsupported("op=NULL is not supported");
        }
        else if (operations.Find(method, operation) is not { } handler)
        {
            fault = Fault.BadParameter("op", $"{operation} is not a valid {method} operation.");
        }
        else if (fault is null && (fault = parameters.CheckUserName()) is null)
        {
            fault = await RunAsync(handler, exchange);
        }
        else if (method == "GET" && fault.Exception == "InvalidPathException")
        {
            fault = Fault.NotFound($"File does not exist: {path.Text}");
        }

        if (fault is not null && !context.Response.HasStarted)
        {
            await exchange.FaultAsync(fault);
        }
        else if (fault is not null)
        {
            context.Abort();
        }
    }

    private async Task<Fault?> RunAsync(Func<Exchange, Task> handler, Exchange exchange)
    {
        try
        {
            await handler(exchange);
            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Fault.NotFound($"File does not exist: {exchange.Path.Text}"); // another program deleted it since the operation found it
        }
        catch (UnauthorizedAccessException e)
        {
            return Fault.Access(e.Message);
        }
        catch (BadHttpRequestException)
        {
            return Fault.Io("The upload broke off.");
        }
        catch (IOException e)
        {
            LogMessages.DiskFailed(log, exchange.Path.Text, e.Message);
            return IsDiskFull(e) ? Fault.NoSpace("The disk that holds the server's folder is full.") : Fault.Io(e.Message);
        }
    }

    private static bool IsDiskFull(IOException e) => (e.HResult & 0xFFFF) is 28 or 122; // ENOSPC, EDQUOT

    private static string PathIn(string target)
    {
        int query = target.IndexOf('?', StringComparison.Ordinal);
        string path = query < 0 ? target : target[..query];
        int start = path.IndexOf(Prefix, StringComparison.Ordinal);
        return start < 0 ? Nowhere : Uri.UnescapeDataString(path[(start + Prefix.Length)..]); // the prefix itself was written with percent signs
    }
}
