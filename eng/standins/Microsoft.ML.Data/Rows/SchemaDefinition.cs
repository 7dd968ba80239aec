using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>How the members of a class and the columns of a data view correspond.</summary>
public sealed class SchemaDefinition : List<SchemaDefinition.Column>
{
    private SchemaDefinition()
    {
    }

    /// <summary>Which way values go.</summary>
    [Flags]
    public enum Direction
    {
        /// <summary>From members to columns.</summary>
        Read = 1,

        /// <summary>From columns to members.</summary>
        Write = 2,

        /// <summary>Both ways.</summary>
        Both = 3,
    }

    /// <summary>The column of that name, null if there is none.</summary>
    public Column this[string columnName]
    {
        get => Find(column => column.ColumnName == columnName);
        set
        {
            Contracts.CheckValue(value, nameof(value));
            int index = FindIndex(column => column.ColumnName == columnName);
            if (index < 0)
                Add(value);
            else
                this[index] = value;
        }
    }

    /// <summary>The columns of a class: its public fields, then its public properties.</summary>
    public static SchemaDefinition Create(Type userType, Direction direction = Direction.Both)
    {
        Contracts.CheckValue(userType, nameof(userType));
        var definition = new SchemaDefinition();
        var names = new HashSet<string>();
        foreach (MemberInfo member in GetMemberInfos(userType, direction))
        {
            if (member.IsDefined(typeof(NoColumnAttribute)))
                continue;
            string name = member.GetCustomAttribute<ColumnNameAttribute>()?.Name ?? member.Name;
            Contracts.CheckNonEmpty(name, nameof(userType));
            if (!names.Add(name))
                throw Contracts.ExceptParam(nameof(userType), $"Duplicate column name '{name}' detected");
            definition.Add(new Column(member.Name, MemberTypes.ColumnTypeOf(member), name));
        }
        return definition;
    }

    internal static MemberInfo[] GetMemberInfos(Type userType, Direction direction)
    {
        const BindingFlags PublicInstance = BindingFlags.Public | BindingFlags.Instance;
        bool Suits(PropertyInfo property) =>
            property.GetIndexParameters().Length == 0
            && (!direction.HasFlag(Direction.Read) || property.GetMethod is { IsPublic: true })
            && (!direction.HasFlag(Direction.Write) || property.SetMethod is { IsPublic: true });
        return [.. userType.GetFields(PublicInstance), .. userType.GetProperties(PublicInstance).Where(Suits)];
    }

    /// <summary>One member and its column.</summary>
    public sealed class Column
    {
        private readonly List<Action<DataViewSchema.Annotations.Builder>> _annotations = [];

        internal Column(string memberName, DataViewType columnType, string columnName = null)
        {
            Contracts.CheckNonEmpty(memberName, nameof(memberName));
            MemberName = memberName;
            ColumnType = columnType;
            ColumnName = columnName ?? memberName;
        }

        /// <summary>The member.</summary>
        public string MemberName { get; }

        /// <summary>The column.</summary>
        public string ColumnName { get; set; }

        /// <summary>The type of the column; the member must suit it.</summary>
        public DataViewType ColumnType { get; set; }

        /// <summary>The annotations that the column will have.</summary>
        public DataViewSchema.Annotations Annotations
        {
            get
            {
                var builder = new DataViewSchema.Annotations.Builder();
                foreach (Action<DataViewSchema.Annotations.Builder> add in _annotations)
                    add(builder);
                return builder.ToAnnotations();
            }
        }

        /// <summary>Gives the column an annotation.</summary>
        public void AddAnnotation<T>(string kind, T value, DataViewType annotationType)
        {
            Contracts.CheckNonEmpty(kind, nameof(kind));
            Contracts.CheckValue(annotationType, nameof(annotationType));
            _annotations.Add(MemberTypes.AnnotationOf(kind, value, annotationType));
        }
    }
}
