using System.Linq.Expressions;
using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>One member of <typeparamref name="TRow"/> and the column that it stands for.</summary>
internal abstract class MemberColumn<TRow>
{
    /// <summary>A getter of the column's value in the row that <paramref name="current"/> hands out.</summary>
    public abstract Delegate MakeGetter(Func<TRow> current);

    /// <summary>An action that sets the member from the current row of <paramref name="source"/>.</summary>
    public abstract Action<TRow> MakeSetter(DataViewRow source, DataViewSchema.Column column);

    /// <summary>Binds the member that a definition names.</summary>
    /// <param name="definition">The member and its column.</param>
    /// <param name="columnType">The type of the column.</param>
    /// <param name="isRead">Whether the member is read, and so counts keys from 0.</param>
    public static MemberColumn<TRow> Create(SchemaDefinition.Column definition, DataViewType columnType, bool isRead)
    {
        MemberInfo member =
            (MemberInfo)typeof(TRow).GetField(definition.MemberName) ?? typeof(TRow).GetProperty(definition.MemberName)
            ?? throw Contracts.ExceptParam("schemaDefinition", $"No field or property with name '{definition.MemberName}' found in type '{typeof(TRow)}'");
        Type memberType = MemberTypes.TypeOf(member);
        IMemberConverter converter = MemberConverter.CreateOrNull(memberType, columnType, zeroBasedKeys: isRead)
            ?? throw Contracts.Except(
                $"Can't bind the IDataView column '{definition.ColumnName}' of type '{columnType}' to field or property '{member.Name}' of type '{memberType}'.");
        Type bound = typeof(MemberColumn<,,>).MakeGenericType(typeof(TRow), memberType, columnType.RawType);
        return (MemberColumn<TRow>)Activator.CreateInstance(bound, member, converter);
    }
}

/// <inheritdoc/>
internal sealed class MemberColumn<TRow, TMember, TRaw> : MemberColumn<TRow>
{
    private readonly MemberConverter<TMember, TRaw> _converter;
    private readonly Func<TRow, TMember> _get;
    private readonly Action<TRow, TMember> _set;

    public MemberColumn(MemberInfo member, MemberConverter<TMember, TRaw> converter)
    {
        _converter = converter;
        ParameterExpression row = Expression.Parameter(typeof(TRow));
        ParameterExpression value = Expression.Parameter(typeof(TMember));
        MemberExpression access = Expression.MakeMemberAccess(row, member);
        if (member is FieldInfo || ((PropertyInfo)member).GetMethod is { IsPublic: true })
            _get = Expression.Lambda<Func<TRow, TMember>>(access, row).Compile();
        if (member is FieldInfo { IsInitOnly: false } or PropertyInfo { SetMethod.IsPublic: true })
            _set = Expression.Lambda<Action<TRow, TMember>>(Expression.Assign(access, value), row, value).Compile();
    }

    /// <inheritdoc/>
    public override Delegate MakeGetter(Func<TRow> current) =>
        (ValueGetter<TRaw>)((ref TRaw value) => _converter.ToRaw(_get(current()), ref value));

    /// <inheritdoc/>
    public override Action<TRow> MakeSetter(DataViewRow source, DataViewSchema.Column column)
    {
        // The raw value stays between rows: getters reuse its buffers, and those of images dispose the image that they find.
        ValueGetter<TRaw> getter = source.GetGetter<TRaw>(column);
        TRaw raw = default;
        return row =>
        {
            getter(ref raw);
            TMember member = _get == null ? default : _get(row);
            _converter.FromRaw(in raw, ref member);
            _set(row, member);
        };
    }
}
