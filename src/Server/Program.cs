using System.CommandLine;
using Sallyport.Server.Commands;

var parsed = ServerCommandLine.Create().Parse(args, ServerCommandLine.Parser);
return parsed.Errors.Count > 0
    ? ServerCommandLine.ReportUsage(parsed, Console.Error)
    : await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
